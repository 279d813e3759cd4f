"""`python -m iama_app.cli`, which is what `./iama` runs."""

from iama_app.cli.app import main

if __name__ == "__main__":
    main()
