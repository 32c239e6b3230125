"""Maps private values to stable pseudonyms: one for each value, the same in every file.

It stores digests and pseudonyms, never a private value. Its file and the key of its digests stay
outside every repository; without them later recordings no longer match earlier ones, and nothing
else is lost.
"""

import hmac
import os
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock

from conformance.errors import ConformanceError, UsageError

#: The environment variable that names another file for the key.
KEY_FILE = "CONFORMANCE_REDACTION_KEY"
#: The key for targets without private data, so that every user records the same bytes.
OPEN_KEY = b"the embedded reference server holds nothing private"


def key_file() -> Path:
    """The file of this user's key, outside every repository."""
    named = os.environ.get(KEY_FILE)
    if named:
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "aws-conformance" / "redaction.key"


class PseudonymsError(ConformanceError):
    """No pseudonym is available; ``str()`` gives the reason, never the private value."""


def own_key(path: Path) -> bytes:
    """The key in a file, which is made where there is none. Raises :class:`UsageError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(f"{path}.lock"):
            if not path.exists():
                _make_key(path)
            key = path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The redaction key cannot be stored in {path} ({error}); name another file "
            f"with {KEY_FILE}."
        ) from error
    if len(key) < 32:
        raise UsageError(f"{path} is not a redaction key: a key has at least 32 characters.")
    return key.encode()


def _make_key(path: Path) -> None:
    """Write a key to a temporary name and rename it: the file is whole or absent."""
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    Path(beside).replace(path)


class Pseudonyms:
    """Pseudonyms by the keyed digest of the value they replace; no two values share one.

    A pseudonym is never a private value that occurred itself, which its own digest shows. With a
    ``path`` all processes that record with this key share them.
    """

    def __init__(self, key: bytes, path: Path | None = None) -> None:
        self._key = key
        self._path = path
        self._by_digest: dict[str, str] = {}
        self._issued: set[str] = set()
        self._reserved: set[str] = set()
        self._derived: set[str] = set()
        self._read = 0

    @classmethod
    def of_user(cls) -> "Pseudonyms":
        """The pseudonyms of the file beside the user's own key."""
        path = key_file()
        return cls(own_key(path), path.with_suffix(".ledger"))

    def issued(self, text: str) -> bool:
        """Whether a text is a pseudonym, or was derived from one."""
        return text in self._issued or text in self._derived

    def add_derived(self, text: str) -> None:
        """Treat this text as a pseudonym: it was derived like one, for example as its prefix."""
        self._derived.add(text)

    def reserve(self, text: str) -> None:
        """Never use this text as a pseudonym: it is public."""
        self._reserved.add(text)

    def number(self, kind: str, text: str) -> int:
        """A number that depends on the key and the text alone."""
        digest = hmac.new(self._key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256")
        return int.from_bytes(digest.digest(), "big")

    def replacement(self, kind: str, text: str, candidates: Iterable[str], *, what: str) -> str:
        """The pseudonym of a text: the first free candidate, from then on always the same.

        ``what`` describes such texts in words. Raises :class:`PseudonymsError` where no candidate
        is free, or where the file cannot be written.
        """
        digest = self._digest(kind, text)
        if digest in self._by_digest:
            return self._by_digest[digest]
        if self._path is None:
            return self._add(digest, self._free(kind, text, candidates, what))
        try:
            with FileLock(f"{self._path}.lock"):
                self._reload(self._path)
                if digest in self._by_digest:
                    return self._by_digest[digest]
                chosen = self._free(kind, text, candidates, what)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(f"{digest}\t{chosen}\n")
        except OSError as error:
            raise PseudonymsError(
                f"The pseudonyms cannot be stored in {self._path}: {error.strerror or error}."
            ) from error
        return self._add(digest, chosen)

    def _digest(self, kind: str, text: str) -> str:
        return f"{kind}:{self.number(kind, text):064x}"

    def _reload(self, path: Path) -> None:
        """Read what other processes have added since; the lock must be held.

        A line without its end was cut off when its process was killed. Its pseudonym was never
        used, so the line is removed.
        """
        if not path.exists():
            path.touch(mode=0o600)
        with path.open("r+b") as file:
            file.seek(self._read)
            for raw in file:
                if not raw.endswith(b"\n"):
                    file.truncate(self._read)
                    break
                self._read += len(raw)
                digest, _, pseudonym = raw.decode("utf-8", "replace").rstrip("\n").partition("\t")
                if pseudonym:
                    self._add(digest, pseudonym)

    def _add(self, digest: str, chosen: str) -> str:
        self._by_digest[digest] = chosen
        self._issued.add(chosen)
        return chosen

    def _free(self, kind: str, text: str, candidates: Iterable[str], what: str) -> str:
        for one in candidates:
            if one == text or one in self._issued or one in self._reserved:
                continue
            if self._digest(kind, one) not in self._by_digest:
                return one
            self._reserved.add(one)  # a private value, of this process or of another
        raise PseudonymsError(
            f"Every pseudonym for {what} is in use, and no two values may share one; the case "
            "that needs another was not written."
        )
