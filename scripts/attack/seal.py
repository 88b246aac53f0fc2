"""Manifests made anew as attend writes them, so that a mutation reaches the readers behind the hashes."""
import json

from . import trees
from .xxh3 import xxh3_128

NAME = "manifest.json"


def replace(path, data):
    """Not in place: the file may be a link to the subject's."""
    path.unlink()
    path.write_bytes(data)


def describe(directory):
    files = sorted(path for path in directory.iterdir() if path.is_file() and path.name != NAME)
    return {path.name: describe_file(path.read_bytes()) for path in files}


def describe_file(data):
    return {"bytes": len(data), "xxh3_128": xxh3_128(data)}


def text(files, form=1):
    """`files` as Python's objects or as trees.Members."""
    files = trees.members_of(files)
    checksum = xxh3_128(trees.to_bytes(trees.dump(files)))
    return trees.to_bytes(trees.dump(trees.Members([("checksum", checksum), ("files", files), ("format", form)]), 1)) + b"\n"


def seal(directory):
    replace(directory / NAME, text(describe(directory), json.loads((directory / NAME).read_bytes())["format"]))


def seal_one(directory, name):
    """After a change of one file; the hashes of the others stay."""
    manifest = json.loads((directory / NAME).read_bytes())
    manifest["files"][name] = describe_file((directory / name).read_bytes())
    replace(directory / NAME, text(manifest["files"], manifest["format"]))


def check(directory):
    """That we make the bytes that the program made."""
    made = (directory / NAME).read_bytes()
    if text(describe(directory), json.loads(made)["format"]) != made:
        raise SystemExit(f"check_attack: {directory / NAME} is not what we make of its files; has the format changed?")


def mutate(rng, data):
    """A manifest whose checksum holds, whatever its files say, or one with a fault in its text."""
    manifest = trees.parse(data)
    if rng.random() < 0.4:
        return trees.json_text(rng, data, 1)
    files = dict(manifest)["files"]
    for _ in range(rng.choice([1, 1, 2])):
        trees.mutate(rng, files)
    return text(trees.Members(sorted(files, key=lambda member: member[0])))
