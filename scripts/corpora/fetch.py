"""Files from the network: fetched once, checked, never half there."""
import argparse
import hashlib
import os
import pathlib
import shutil
import sys
import urllib.error
import urllib.request


def name_of_script():
    return pathlib.Path(sys.argv[0]).name


def say(text):
    print(f"{name_of_script()}: {text}", file=sys.stderr, flush=True)


def fail(text):
    sys.exit(f"{name_of_script()}: {text}")


def options(doc, folder):
    """The options all download scripts have."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=folder, type=pathlib.Path, help=f"where the files go ({folder})")
    parser.add_argument("--mirror", help="address of a folder that holds the same files, such as file:///media/corpora")
    return parser


def sum_of(path, kind):
    digest = hashlib.new(kind)
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def copy_with_progress(answer, path):
    total, done, shown = int(answer.headers.get("Content-Length") or 0), 0, 0
    with open(path, "wb") as file:
        for block in iter(lambda: answer.read(1 << 20), b""):
            file.write(block)
            done += len(block)
            if done - shown >= 100 << 20:
                say(f"{path.stem}: {done >> 20} MiB" + (f" of {total >> 20}" if total else ""))
                shown = done
    if total and done != total:
        raise OSError(f"expected {total} bytes, got {done}")


def fetch(url, path, md5=None, mirror=None):
    """`path` with what is at `url`; what is there already stays. Another md5 than the given one is an error."""
    if not path.exists():
        address = f"{mirror.rstrip('/')}/{url.rsplit('/', 1)[1]}" if mirror else url
        say(f"fetching {address}")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                copy_with_progress(answer, part)
        except (urllib.error.URLError, OSError) as error:
            part.unlink(missing_ok=True)
            fail(f"cannot fetch {address}: {getattr(error, 'reason', error)}. Is the network reachable? "
                 f"The file may also be brought by other means, to {path}")
        os.replace(part, path)
    if md5 and sum_of(path, "md5") != md5:
        fail(f"{path}: expected the md5 {md5}, got {sum_of(path, 'md5')}; remove the file and try again")
    return path


def write_whole(path, lines):
    """Lines (bytes, without ends) to a file that appears whole or not at all; returns how many."""
    part, count = path.with_name(path.name + ".part"), 0
    with open(part, "wb") as file:
        for line in lines:
            file.write(line + b"\n")
            count += 1
    os.replace(part, path)
    return count


def require_space(folder, needed):
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed:
        fail(f"{folder}: expected {needed >> 30} GiB of free space, got {free >> 30}")
