"""Mutations of what is not text: safetensors, protocol buffers of SentencePiece, gzip, arrays of numbers.

Where a random byte would only be refused by the first check, they keep everything else consistent.
"""
import gzip
import struct

from . import raw, trees

NOT_A_NUMBER, INFINITY = float("nan"), float("inf")
ODD_FLOATS = [struct.pack("<f", value) for value in (NOT_A_NUMBER, INFINITY, -INFINITY, 3e38, -3e38, 1e-45, -0.0)]
WIDTHS = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U8": 1, "I8": 1, "BOOL": 1,
          "F8_E4M3": 1, "X": 4}


def split_safetensors(data):
    size = struct.unpack("<Q", data[:8])[0]
    return trees.parse(data[8:8 + size]), data[8 + size:]


def join_safetensors(header, body, size=None):
    text = trees.to_bytes(trees.dump(header))
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text) if size is None else size) + text + body


def fields_of(member):
    return {key: value for key, value in member[1]}


def offset_header(header):
    """Offsets made anew, in the order of the header, for the tensors' sizes."""
    at, out = 0, trees.Members()
    for name, value in header:
        if name == "__metadata__":
            out.append((name, value))
            continue
        begin, end = fields_of((name, value))["data_offsets"]
        place = [at, at + end - begin]
        out.append((name, trees.Members((key, place if key == "data_offsets" else item) for key, item in value)))
        at += end - begin
    return out


def change_tensor(rng, header, body):
    """A tensor of another type, shape, name or place whose bytes still fit the file."""
    tensors = [i for i, (name, _) in enumerate(header) if name != "__metadata__"]
    i, j = rng.choice(tensors), rng.choice(tensors)
    name, value = header[i]
    fields = fields_of(header[i])
    size = fields["data_offsets"][1] - fields["data_offsets"][0]
    change = rng.choice(["type", "shape", "rank", "name", "swap", "drop", "add"])
    if change == "type":
        fields["dtype"] = rng.choice(sorted(WIDTHS))
        fields["shape"] = rng.choice([fields["shape"], [size // WIDTHS[fields["dtype"]]]])
    elif change == "shape":
        shape = fields["shape"]
        fields["shape"] = rng.choice([shape[::-1], [size // WIDTHS.get(fields["dtype"], 4)], [1] + shape, shape + [1]])
    elif change == "rank":
        many = [1] * rng.choice([8, 9, 64])
        fields["shape"] = rng.choice([many + fields["shape"], [], [0], [0, 1 << 62], [1 << 32, 1 << 32, 0]])
    elif change == "name":
        name = rng.choice([header[j][0], name + ".x", name.upper(), "x" * 513, name.replace("0", "1"), "__metadata__"])
    elif change == "swap":
        header[i], header[j] = (header[i][0], header[j][1]), (header[j][0], header[i][1])
        return header, body
    elif change == "drop":
        begin, end = fields["data_offsets"]
        del header[i]
        return offset_header(header), body[:begin] + body[end:]
    else:
        extra = [("dtype", "F32"), ("shape", [2]), ("data_offsets", [len(body), len(body) + 8])]
        header.append((rng.choice(["extra", name + "_2"]), trees.Members(extra)))
        return header, body + bytes(8)
    header[i] = (name, trees.Members((key, fields.get(key, item)) for key, item in value))
    return header, body


def odd_floats(rng, body):
    out = bytearray(body)
    for _ in range(rng.choice([1, 1, 8, 200])):
        at = 4 * rng.randrange(max(1, len(out) // 4))
        out[at:at + 4] = rng.choice(ODD_FLOATS)
    return bytes(out[:len(body)])


def safetensors(rng, data):
    kind = rng.randrange(8)
    if kind == 0:
        return raw.bytes_of(rng, data)
    header, body = split_safetensors(data)
    if kind == 1:
        return join_safetensors(header, body, rng.choice(raw.NUMBERS) % (1 << 64))
    if kind in (2, 3):
        return join_safetensors(header, odd_floats(rng, body) if rng.random() < 0.6 else raw.bytes_of(rng, body))
    if kind in (4, 5):
        return join_safetensors(*change_tensor(rng, header, body))
    if kind == 6 and header:
        values = [(str(n), "x" * rng.choice([0, 1, 100])) for n in range(rng.choice([1, 100, 30000]))]
        return join_safetensors(trees.Members([("__metadata__", trees.Members(values))] + header[1:]), body)
    for _ in range(rng.choice([1, 1, 2])):
        trees.mutate(rng, header)
    return join_safetensors(header, body)


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def read_message(data):
    """[[field, wire type, number or bytes], ...]"""
    fields, at = [], 0
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 0:
            value, at = read_varint(data, at)
        else:
            size, at = {1: (8, at), 5: (4, at)}[tag & 7] if tag & 7 in (1, 5) else read_varint(data, at)
            value, at = data[at:at + size], at + size
        fields.append([tag >> 3, tag & 7, value])
    return fields


def write_message(fields):
    out = b""
    for number, wire, value in fields:
        body = varint(value) if wire == 0 else varint(len(value)) + value if wire == 2 else value
        out += varint(number << 3 | wire) + body
    return out


def change_field(rng, fields):
    i = rng.randrange(len(fields))
    number, wire, value = fields[i]
    change = rng.choice(["value", "value", "value", "value", "delete", "double", "number", "wire", "swap"])
    if change == "delete":
        del fields[i]
    elif change == "double":
        fields.insert(i, list(fields[i]))
    elif change == "number":
        fields[i][0] = rng.choice([1, 2, 3, 4, 5, 6, 15, 16, 35, 200, (1 << 29) - 1])
    elif change == "wire" and wire != 0:
        fields[i][1] = 2
    elif change == "swap":
        j = rng.randrange(len(fields))
        fields[i], fields[j] = fields[j], fields[i]
    elif wire == 0:
        fields[i][2] = rng.choice([number % (1 << 64) for number in raw.NUMBERS])
    elif wire == 5:
        fields[i][2] = rng.choice(ODD_FLOATS)
    elif wire == 2:
        fields[i][2] = raw.some(rng, value, rng.choice([raw.BYTES, raw.TEXT]))


def sentencepiece(rng, data):
    """Pieces, trainer and normaliser field by field; the normaliser's table is bytes."""
    if rng.random() < 0.2:
        return raw.bytes_of(rng, data)
    fields = read_message(data)
    for _ in range(rng.choice([1, 1, 2, 5])):
        inner = [field for field in fields if field[0] != 1 and field[1] == 2] or fields
        field = rng.choice(rng.choice([fields, inner]))  # as often the others as one of the many pieces
        if field[1] != 2 or rng.random() < 0.15:
            change_field(rng, fields)
            continue
        try:
            parts = read_message(field[2])
        except (IndexError, KeyError):  # a mutation before broke it
            continue
        if parts:
            change_field(rng, parts)
        field[2] = write_message(parts)
    return write_message(fields)


def gzip_text(rng, data):
    """The file, the text in it, a second member, or a text that unpacks to much."""
    kind = rng.randrange(8)
    if kind < 3:
        return raw.bytes_of(rng, data)
    text = gzip.decompress(data)
    if kind < 6:
        return gzip.compress(raw.text(rng, text), mtime=0)
    if kind == 6:
        return data + rng.choice([data, data[:10], b"\x1f\x8b", b"junk", gzip.compress(b"", mtime=0)])
    return gzip.compress(rng.choice([b"\0", b"a", b"\n", b"a b\n"]) * (rng.choice([1, 4, 18]) << 20), mtime=0)


def array(width):
    """Numbers of so many bytes each."""
    def change(rng, data):
        if rng.random() < 0.3:
            return raw.bytes_of(rng, data)
        out = bytearray(data)
        for _ in range(rng.choice([1, 1, 2, 10])):
            at = width * rng.randrange(max(1, len(out) // width))
            old = int.from_bytes(out[at:at + width], "little")
            near = [old + 1, old - 1, old * 2, old + (1 << 24), old ^ (1 << 23)]
            number = rng.choice([rng.choice(raw.NUMBERS), *near, rng.getrandbits(8 * width)])
            out[at:at + width] = (number % (1 << 8 * width)).to_bytes(width, "little")
        return bytes(out[:len(data)])
    return change


def ids_of_llmc(rng, data):
    """The header of 256 numbers before the ids, or the ids."""
    if rng.random() < 0.5:
        return array(4)(rng, data[:16]) + data[16:]
    return rng.choice([array(2), raw.bytes_of])(rng, data)
