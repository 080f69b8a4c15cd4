"""Files of a bundle on their way into a folder; what has arrived there before is not sent again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from millstream.bundles.contents import Bundle, BundledFile
from millstream.bundles.side import Folder, list_files
from millstream.errors import Conflict


def upload(bundle: Bundle, files: Mapping[str, BundledFile], folder: Folder) -> dict[str, str]:
    """Write files to their paths in a folder; answers with the SHA-256 of each.

    A file appears whole or not at all, so one that is there has arrived. One of another size is
    somebody else's, and raises `Conflict` before anything is written.
    """
    there = dict(list_files(folder)) if files else {}
    for path, file in files.items():
        if path in there and None not in (file.size, there[path]) and file.size != there[path]:
            raise Conflict(
                f"'{folder.join(path)}' in {folder.store.uri} has {there[path]} bytes, and in the "
                f"bundle {file.size}: it is another file, and was left as it is."
            )
    digests = {}
    for path, file in files.items():
        if path in there and file.sha256:
            digests[path] = file.sha256
            continue
        digest = hashlib.sha256()
        blocks = _digested(bundle.read(file.path), digest)
        if path in there:
            for _ in blocks:
                pass
        else:
            folder.store.write(folder.join(path), blocks)
        digests[path] = digest.hexdigest()
    return digests


def _digested(blocks: Iterable[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    for block in blocks:
        digest.update(block)
        yield block
