"""Who was given which replacement: what keeps redaction injective and alike in every file.

The ledger knows digests and replacements, never what was replaced. Its file and
the key of its digests stay outside every repository, and whoever loses them
only loses that later recordings agree with earlier ones.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock

from conformance.errors import ConformanceError, UsageError

#: Names the file of the key, in place of the user's own configuration folder.
KEY_FILE = "CONFORMANCE_REDACTION_KEY"
#: The key for targets that hold nothing private, so that everybody records the same bytes.
OPEN_KEY = b"the embedded reference server holds nothing private"


def key_file() -> Path:
    """Where this user's key lies, outside every repository."""
    named = os.environ.get(KEY_FILE)
    if named:
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "aws-conformance" / "redaction.key"


class PseudonymsError(ConformanceError):
    """No replacement can be given; ``str()`` says why, and never for what."""


def own_key(path: Path) -> bytes:
    """The key in a file, made where there is none. Raises :class:`UsageError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(f"{path}.lock"):
            if not path.exists():
                _make_key(path)
            key = path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The key of the redaction cannot be kept in {path} ({error}); name another file "
            f"with {KEY_FILE}."
        ) from error
    if len(key) < 32:
        raise UsageError(f"{path} holds no key of a redaction: it takes 32 characters or more.")
    return key.encode()


def _make_key(path: Path) -> None:
    """Write a key beside its place and rename it: it is whole or not there."""
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    Path(beside).replace(path)


class Pseudonyms:
    """Replacements by the keyed digest of what they replace; no two values share one.

    A replacement is never a value that was met itself: whether it was, its own digest
    tells. With a ``path`` the ledger is shared by all processes that record under this key.
    """

    def __init__(self, key: bytes, path: Path | None = None) -> None:
        self._key = key
        self._path = path
        self._given: dict[str, str] = {}
        self._issued: set[str] = set()
        self._reserved: set[str] = set()
        self._vouched: set[str] = set()
        self._read = 0

    @classmethod
    def of_user(cls) -> "Pseudonyms":
        """The ledger beside the user's own key."""
        path = key_file()
        return cls(own_key(path), path.with_suffix(".ledger"))

    def issued(self, text: str) -> bool:
        """Whether a text is a replacement that was given out, or was made of one."""
        return text in self._issued or text in self._vouched

    def vouch(self, text: str) -> None:
        """Take this text for ours: it was made as replacements are, say as the beginning of one."""
        self._vouched.add(text)

    def reserve(self, text: str) -> None:
        """Never give out this text: it is public and stands for itself."""
        self._reserved.add(text)

    def number(self, kind: str, text: str) -> int:
        """A number that only the key and the text decide."""
        digest = hmac.new(self._key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256")
        return int.from_bytes(digest.digest(), "big")

    def replacement(self, kind: str, text: str, candidates: Iterable[str], *, what: str) -> str:
        """The replacement of a text, once given always the same: the first free candidate.

        ``what`` says in words what such texts are. Raises :class:`LedgerError` where none
        is free, or where the ledger cannot be kept.
        """
        digest = self._digest(kind, text)
        if digest in self._given:
            return self._given[digest]
        if self._path is None:
            return self._give(digest, self._free(kind, text, candidates, what))
        try:
            with FileLock(f"{self._path}.lock"):
                self._reload(self._path)
                if digest in self._given:
                    return self._given[digest]
                chosen = self._free(kind, text, candidates, what)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(f"{digest}\t{chosen}\n")
        except OSError as error:
            raise PseudonymsError(
                f"The ledger of the redaction, {self._path}, cannot be kept: "
                f"{error.strerror or error}."
            ) from error
        return self._give(digest, chosen)

    def _digest(self, kind: str, text: str) -> str:
        return f"{kind}:{self.number(kind, text):064x}"

    def _reload(self, path: Path) -> None:
        """Read what other processes gave out since; who holds the lock may cut what is torn.

        A line without its end was being written when its process was killed. Nobody was given
        what it says.
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
                digest, _, given = raw.decode("utf-8", "replace").rstrip("\n").partition("\t")
                if given:
                    self._give(digest, given)

    def _give(self, digest: str, chosen: str) -> str:
        self._given[digest] = chosen
        self._issued.add(chosen)
        return chosen

    def _free(self, kind: str, text: str, candidates: Iterable[str], what: str) -> str:
        for one in candidates:
            if one == text or one in self._issued or one in self._reserved:
                continue
            if self._digest(kind, one) not in self._given:
                return one
            self._reserved.add(one)  # a value that was met, in this process or in another
        raise PseudonymsError(
            f"Every replacement for {what} is given out, so that no two become one; what held "
            "another was not written."
        )


def digest(text: str) -> str:
    """A short, plain digest, for names of files."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
