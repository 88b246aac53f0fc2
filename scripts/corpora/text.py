"""Parallel text out of archives: plain lines, TED talks with their tags, test sets in SGML. Lines are bytes; only LF
ends one."""
import re
import tarfile

from .fetch import fail

TAGGED = re.compile(rb"^\s*<(url|talkid|keywords|speaker|reviewer|translator)\b")
INLINE = re.compile(rb"</?(title|description)>")
SEGMENT = re.compile(rb"<seg[^>]*>(.*?)</seg>", re.DOTALL)


class Archive:
    """Members of a .tgz by name; nothing is ever unpacked to a path that the archive chooses."""

    def __init__(self, path):
        self.path = path
        try:
            self.tar = tarfile.open(path, "r:gz")
        except tarfile.TarError as error:
            fail(f"{path} is no archive: {error}; remove it and try again")

    def open(self, name):
        for candidate in (name, "./" + name):
            try:
                file = self.tar.extractfile(candidate)
            except KeyError:
                continue
            if file:
                return file
        return fail(f"{self.path} holds no {name}")

    def lines(self, name):
        for line in self.open(name):
            yield line.rstrip(b"\r\n")

    def segments(self, name):
        """Sentences of an SGML or XML test set, as they stand there."""
        for match in SEGMENT.finditer(self.open(name).read()):
            yield match[1].strip()


def talk_lines(lines):
    """Lines of a TED training file: metadata left out, titles and descriptions kept as text."""
    for line in lines:
        if not TAGGED.match(line):
            yield INLINE.sub(b"", line).strip()


def is_usable(line):
    if not line or b"\0" in line or b"\r" in line:
        return False
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def aligned(source, target, what):
    """Pairs of two streams of lines; another number of lines on one side is an error."""
    source, target = iter(source), iter(target)
    for number, line in enumerate(source, 1):
        other = next(target, None)
        if other is None:
            fail(f"{what}: the target ends at line {number - 1}, the source goes on")
        yield line, other
    if next(target, None) is not None:
        fail(f"{what}: the source ends before the target")


def has_fair_length(pair, longest, ratio):
    """As clean-corpus-n.perl of Moses: 1 to `longest` words a side, neither side `ratio` times the other."""
    source, target = (len(side.split()) for side in pair)
    return 0 < source <= longest and 0 < target <= longest and source <= ratio * target and target <= ratio * source
