"""Mutations of bytes and of text, whatever they mean. All of them are functions of a random.Random and bytes."""
import re

NUMBERS = [0, 1, -1, 2, 3, 127, 128, 255, 256, 65535, 65536, 1 << 20, (1 << 31) - 1, 1 << 31, -(1 << 31), 1 << 32,
           1 << 40, 1 << 53, (1 << 63) - 1, 1 << 63, -(1 << 63), (1 << 64) - 1, 1 << 64, 10 ** 30, -10 ** 30]
SPELLINGS = [str(number) for number in NUMBERS] + [
    "1e999", "-1e999", "1e-999", "1e308", "-0.0", "0.5", "-0.5", "1.5", "nan", "NaN", "inf", "-inf", ".nan", ".inf",
    "Infinity", "00", "0x10", "1_000", "+5", "1e", "9" * 400, "0." + "0" * 400 + "1", "true", "null", "''"]
ODD_TEXT = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe6\xbc", b"\0", b"\xef\xbb\xbf", b"\r", b"\r\n",
            b"\n\n", b"\t", b"\x1b]0;owned\x07\x1b[31m", b"\x08\x7f", "\u2028".encode(), "\u0085".encode(), "\u202e".encode(),
            "\ufffd".encode(), "\u6f22".encode(), "\U0001f600".encode(), "e\u0301".encode() * 50, "\ufdfa".encode() * 20,
            "\u2581".encode(), b"<unk>", b"</s>", b"<s>", b"<pad>", b" ||| ", b"\\", b"\"", b"'", b"{", b"}", b"[", b": ",
            b"# ", b" " * 300, b"a" * 3000, b"%s%n", b"../" * 5]
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
WORD = re.compile(rb"\w+")


def place(rng, data):
    return rng.randrange(len(data) + 1)


def span(rng, data, most=64):
    """A random stretch: usually short, at times anything."""
    begin = place(rng, data)
    return begin, min(len(data), begin + rng.randint(1, most if rng.random() < 0.8 else max(1, len(data))))


def flip_bits(rng, data):
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8, 64])):
        if out:
            out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def set_bytes(rng, data):
    out = bytearray(data)
    for _ in range(rng.choice([1, 2, 4])):
        if out:
            out[rng.randrange(len(out))] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x20, 0x5B, 0x7B])
    return bytes(out)


def truncate(rng, data):
    return data[:place(rng, data)] if rng.random() < 0.8 else data[place(rng, data):]


def extend(rng, data):
    return data + rng.choice([b"\0", b"\n", b"x", bytes(64), rng.randbytes(rng.randint(1, 64)), data[:64], data])


def delete(rng, data):
    begin, end = span(rng, data)
    return data[:begin] + data[end:]


def repeat(rng, data):
    begin, end = span(rng, data)
    return data[:end] + data[begin:end] * rng.choice([1, 2, 20]) + data[end:]


def splice(rng, data):
    """A stretch written over another place, so that sizes stay."""
    begin, end = span(rng, data)
    to = place(rng, data)
    return (data[:to] + data[begin:end] + data[to + end - begin:])[:len(data)]


def insert(rng, data):
    at = place(rng, data)
    return data[:at] + rng.randbytes(rng.choice([1, 2, 4, 8, 64])) + data[at:]


def fill(rng, data):
    begin, end = span(rng, data)
    return data[:begin] + bytes([rng.choice([0, 0xFF, 0x41])]) * (end - begin) + data[end:]


def integer(rng, data):
    """A number of 2, 4 or 8 bytes at an aligned place, as lengths and offsets are."""
    size = rng.choice([2, 4, 8])
    if len(data) < size:
        return data
    at = rng.randrange(len(data) // size) * size
    return data[:at] + (rng.choice(NUMBERS) % (1 << 8 * size)).to_bytes(size, "little") + data[at + size:]


def replace_match(rng, data, pattern, new):
    found = list(pattern.finditer(data))
    if not found:
        return insert(rng, data)
    match = rng.choice(found)
    return data[:match.start()] + new(match) + data[match.end():]


def number(rng, data):
    return replace_match(rng, data, NUMBER, lambda _: rng.choice(SPELLINGS).encode())


def word(rng, data):
    words = WORD.findall(data) or [b"word"]
    return replace_match(rng, data, WORD, lambda _: rng.choice(words))


def odd_text(rng, data):
    at = place(rng, data)
    return data[:at] + rng.choice(ODD_TEXT) + data[at:]


def lines(rng, data):
    """Lines deleted, doubled, moved, joined."""
    all_lines = data.split(b"\n")
    at, to = rng.randrange(len(all_lines)), rng.randrange(len(all_lines))
    change = rng.choice(["delete", "double", "move", "join", "empty", "many"])
    line = all_lines[at]
    if change in ("delete", "move"):
        del all_lines[at]
    if change == "move":
        all_lines.insert(to, line)
    if change == "double":
        all_lines.insert(at, line)
    if change == "join":
        all_lines[at:at + 2] = [b" ".join(all_lines[at:at + 2])]
    if change == "empty":
        all_lines[at] = rng.choice([b"", b" ", b"\t", b"\r"])
    if change == "many":
        all_lines[at:at] = [line] * 300
    return b"\n".join(all_lines)


def longer_line(most):
    """Up to three times so many bytes more in a line."""
    def change(rng, data):
        at = place(rng, data)
        return data[:at] + rng.choice([b"a", b"ab ", "\u6f22".encode()]) * rng.choice([1 << 10, most]) + data[at:]
    return change


BYTES = [flip_bits, flip_bits, set_bytes, truncate, extend, delete, repeat, splice, insert, fill, integer]
SENTENCES = [number, number, word, odd_text, odd_text, lines, lines, truncate, delete, repeat, flip_bits, longer_line(1 << 12)]
TEXT = SENTENCES + [longer_line(1 << 18)]  # below and above a MiB, the longest line of text


def some(rng, data, mutations):
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        data = rng.choice(mutations)(rng, data)
    return data


def bytes_of(rng, data):
    return some(rng, data, BYTES)


def text(rng, data):
    return some(rng, data, TEXT)


def sentences(rng, data):
    """Text that a model reads: its time is quadratic in the length of a line."""
    return some(rng, data, SENTENCES)
