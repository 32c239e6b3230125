"""Who was given which replacement: what keeps redaction injective and alike in every file.

The ledger knows digests and replacements, never what was replaced. Its file and
the key of its digests stay outside every repository, and whoever loses them
only loses that later recordings agree with earlier ones.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock

from conformance.errors import UsageError

#: Names the file of the key, in place of the user's own configuration folder.
KEY_FILE = "CONFORMANCE_REDACTION_KEY"
#: The key for targets that hold nothing private, so that everybody records the same bytes.
OPEN_KEY = b"the embedded reference server holds nothing private"

Make = Callable[[int], str]


def key_file() -> Path:
    """Where this user's key lies, outside every repository."""
    named = os.environ.get(KEY_FILE)
    if named:
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "aws-conformance" / "redaction.key"


def own_key(path: Path) -> bytes:
    """The key in a file, made where there is none. Raises :class:`UsageError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(f"{path}.lock"):
            if not path.exists():
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "w") as file:
                    file.write(secrets.token_hex(32))
            key = path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The key of the redaction cannot be kept in {path} ({error}); name another file "
            f"with {KEY_FILE}."
        ) from error
    if len(key) < 32:
        raise UsageError(f"{path} holds no key of a redaction: it takes 32 characters or more.")
    return key.encode()


class Ledger:
    """Replacements by the keyed digest of what they replace; no two share one.

    With a ``path`` it is shared by all processes that record under this key.
    """

    def __init__(self, key: bytes, path: Path | None = None) -> None:
        self._key = key
        self._path = path
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()
        self._read = 0

    @classmethod
    def of_user(cls) -> "Ledger":
        """The ledger beside the user's own key."""
        path = key_file()
        return cls(own_key(path), path.with_suffix(".ledger"))

    def known(self, replacement: str) -> bool:
        """Whether a text is a replacement that was given out."""
        return replacement in self._taken

    def reserve(self, text: str) -> None:
        """Never give out this text: it is public and stands for itself."""
        self._taken.add(text)

    def number(self, kind: str, text: str) -> int:
        """A number that only the key and the text decide."""
        digest = hmac.new(self._key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256")
        return int.from_bytes(digest.digest(), "big")

    def replacement(self, kind: str, text: str, make: Make) -> str:
        """The replacement of a text; ``make`` turns a number into one of the right form."""
        number = self.number(kind, text)
        digest = f"{kind}:{number:064x}"
        if digest in self._given:
            return self._given[digest]
        if self._path is None:
            return self._give(digest, self._free(number, make))
        with FileLock(f"{self._path}.lock"):
            self._reload()
            if digest in self._given:
                return self._given[digest]
            chosen = self._free(number, make)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{digest}\t{chosen}\n")
        return self._give(digest, chosen)

    def _reload(self) -> None:
        assert self._path is not None
        if not self._path.exists():
            self._path.touch(mode=0o600)
        with self._path.open("rb") as file:
            file.seek(self._read)
            for raw in file:
                if not raw.endswith(b"\n"):
                    break
                self._read += len(raw)
                digest, _, given = raw.decode("utf-8").rstrip("\n").partition("\t")
                self._give(digest, given)

    def _give(self, digest: str, chosen: str) -> str:
        self._given[digest] = chosen
        self._taken.add(chosen)
        return chosen

    def _free(self, number: int, make: Make) -> str:
        return next(
            (text for text in self._candidates(number, make) if text not in self._taken),
            make(number),
        )

    def _candidates(self, number: int, make: Make) -> Iterator[str]:
        for turn in range(20_000):
            yield make(number + turn)


def digest(text: str) -> str:
    """A short, plain digest, for names of files."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
