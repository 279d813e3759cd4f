"""Ids, actors, paths and fingerprints."""

import time
from uuid import uuid4

import pytest

from services.core.actor import Actor, ActorKind, Surface, system_actor, user_actor
from services.core.clock import now
from services.core.ids import new_id, new_token
from services.core.tree import UnsafePathError, is_within, normalise_path, tree_fingerprint


class TestNewId:
    def test_is_a_version_7_uuid(self) -> None:
        made = new_id()
        assert (made.version, made.variant) == (7, "specified in RFC 4122")

    def test_grows_with_time(self) -> None:
        first = new_id()
        time.sleep(0.002)
        assert new_id() > first

    def test_never_repeats(self) -> None:
        assert len({new_id() for _ in range(10_000)}) == 10_000


class TestNewToken:
    def test_is_url_safe_and_holds_192_bits(self) -> None:
        token = new_token()
        assert len(token) >= 32
        assert all(character.isalnum() or character in "-_" for character in token)


class TestNow:
    def test_is_aware_and_utc(self) -> None:
        moment = now()
        assert moment.utcoffset() is not None
        assert moment.utcoffset().total_seconds() == 0


class TestActor:
    def test_names_a_person_by_their_id(self) -> None:
        person, tenant = uuid4(), uuid4()
        actor = user_actor(person, tenant, Surface.WEB)
        assert (actor.ref, actor.kind, actor.surface) == (str(person), ActorKind.USER, Surface.WEB)

    def test_names_platform_work_by_its_reason(self) -> None:
        assert system_actor(uuid4(), "timer").ref == "system:timer"

    def test_refuses_platform_work_without_a_reason(self) -> None:
        with pytest.raises(ValueError, match="reason"):
            Actor(ActorKind.SYSTEM, uuid4())

    def test_refuses_a_person_without_an_id(self) -> None:
        with pytest.raises(ValueError, match="user"):
            Actor(ActorKind.USER, uuid4())


class TestNormalisePath:
    @pytest.mark.parametrize(
        ("given", "clean"), [("src", "src"), ("./src/", "src"), ("a//b/./c.py", "a/b/c.py"), (".", "."), ("a/..", ".")]
    )
    def test_cleans_relative_paths(self, given: str, clean: str) -> None:
        assert normalise_path(given) == clean

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "/etc/passwd",
            "..",
            "../x",
            "a/../../x",
            "~root",
            "C:/x",
            "a\\b",
            "a\0b",
            "a\nb",
            ".git/config",
            "a/.GIT/hooks/pre-push",
            "x" * 1025,
        ],
    )
    def test_refuses_paths_that_leave_the_root_or_name_git(self, given: str) -> None:
        with pytest.raises(UnsafePathError):
            normalise_path(given)


class TestIsWithin:
    def test_takes_the_scope_itself_and_what_lies_below(self) -> None:
        assert is_within("src/a.py", ["src"])
        assert is_within("src", ["src"])
        assert is_within("anything", ["."])

    def test_does_not_take_a_neighbour_with_the_same_beginning(self) -> None:
        assert not is_within("src2/a.py", ["src"])


class TestTreeFingerprint:
    def test_is_equal_for_equal_trees_in_any_order(self) -> None:
        assert tree_fingerprint({"a": b"1", "b": b"2"}) == tree_fingerprint({"b": b"2", "a": b"1"})

    @pytest.mark.parametrize("other", [{"a": b"1"}, {"a": b"1", "b": b"3"}, {"a": b"1", "c": b"2"}])
    def test_differs_with_content_and_with_paths(self, other: dict[str, bytes]) -> None:
        assert tree_fingerprint({"a": b"1", "b": b"2"}) != tree_fingerprint(other)
