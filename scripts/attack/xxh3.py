"""XXH3's 128 bits of hash, after its specification (https://github.com/Cyan4973/xxHash), without a seed.

Attend's manifests hold these hashes, and Python's standard library does not have them. Slow: about 2 MB a second.
"""
import struct

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221"
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb"
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")
PRIME32_1, PRIME32_2, PRIME32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
PRIME64_1, PRIME64_2, PRIME64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
PRIME64_4, PRIME64_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
MASK = (1 << 64) - 1
STRIPE, STRIPES_A_BLOCK = 64, (len(SECRET) - 64) // 8
SECRET_OF_STRIPE = [struct.unpack_from("<8Q", SECRET, 8 * i) for i in range(STRIPES_A_BLOCK)]


def u32(data, at):
    return int.from_bytes(data[at:at + 4], "little")


def u64(data, at):
    return int.from_bytes(data[at:at + 8], "little")


def swap(value, size):
    return int.from_bytes(value.to_bytes(size, "little"), "big")


def avalanche(value):
    value ^= value >> 37
    value = value * 0x165667919E3779F9 & MASK
    return value ^ value >> 32


def avalanche_xxh64(value):
    value = (value ^ value >> 33) * PRIME64_2 & MASK
    value = (value ^ value >> 29) * PRIME64_3 & MASK
    return value ^ value >> 32


def fold(product):
    return (product & MASK) ^ (product >> 64)


def empty():
    return avalanche_xxh64(u64(SECRET, 64) ^ u64(SECRET, 72)), avalanche_xxh64(u64(SECRET, 80) ^ u64(SECRET, 88))


def up_to_3(data):
    size = len(data)
    low = data[0] << 16 | data[size >> 1] << 24 | data[-1] | size << 8
    high = swap(low, 4)
    high = (high << 13 | high >> 19) & 0xFFFFFFFF
    return (avalanche_xxh64(low ^ u32(SECRET, 0) ^ u32(SECRET, 4)), avalanche_xxh64(high ^ u32(SECRET, 8) ^ u32(SECRET, 12)))


def up_to_8(data):
    keyed = (u32(data, 0) | u32(data, len(data) - 4) << 32) ^ u64(SECRET, 16) ^ u64(SECRET, 24)
    product = keyed * (PRIME64_1 + (len(data) << 2))
    low, high = product & MASK, product >> 64
    high = (high + (low << 1)) & MASK
    low ^= high >> 3
    low = (low ^ low >> 35) * 0x9FB21C651E98DF25 & MASK
    return low ^ low >> 28, avalanche(high)


def up_to_16(data):
    first, last = u64(data, 0), u64(data, len(data) - 8)
    product = (first ^ last ^ u64(SECRET, 32) ^ u64(SECRET, 40)) * PRIME64_1
    low, high = (product + ((len(data) - 1) << 54)) & MASK, product >> 64
    last ^= u64(SECRET, 48) ^ u64(SECRET, 56)
    high = (high + last + (last & 0xFFFFFFFF) * (PRIME32_2 - 1)) & MASK
    low ^= swap(high, 8)
    product = low * PRIME64_2
    return avalanche(product & MASK), avalanche((product >> 64) + high * PRIME64_2 & MASK)


def mix16(data, at, secret):
    return fold((u64(data, at) ^ u64(SECRET, secret)) * (u64(data, at + 8) ^ u64(SECRET, secret + 8)))


def mix32(sums, data, one, two, secret):
    low = (sums[0] + mix16(data, one, secret) & MASK) ^ (u64(data, two) + u64(data, two + 8) & MASK)
    high = (sums[1] + mix16(data, two, secret + 16) & MASK) ^ (u64(data, one) + u64(data, one + 8) & MASK)
    return low, high


def finish_short(sums, size):
    high = sums[0] * PRIME64_1 + sums[1] * PRIME64_4 + size * PRIME64_2 & MASK
    return avalanche(sums[0] + sums[1] & MASK), -avalanche(high) & MASK


def up_to_128(data):
    size = len(data)
    sums = (size * PRIME64_1 & MASK, 0)
    for i in reversed(range((size - 1) // 32 + 1)):
        sums = mix32(sums, data, 16 * i, size - 16 * (i + 1), 32 * i)
    return finish_short(sums, size)


def up_to_240(data):
    size = len(data)
    sums = (size * PRIME64_1 & MASK, 0)
    for i in range(4):
        sums = mix32(sums, data, 32 * i, 32 * i + 16, 32 * i)
    sums = (avalanche(sums[0]), avalanche(sums[1]))
    for i in range(4, size // 32):
        sums = mix32(sums, data, 32 * i, 32 * i + 16, 3 + 32 * (i - 4))
    low, high = sums
    # The last round takes the negated seed, which is none here.
    return finish_short(mix32((low, high), data, size - 16, size - 32, 136 - 17 - 16), size)


def accumulate(sums, stripe, secret):
    for i in range(8):
        keyed = stripe[i] ^ secret[i]
        sums[i ^ 1] += stripe[i]
        sums[i] += (keyed & 0xFFFFFFFF) * (keyed >> 32)
    for i in range(8):
        sums[i] &= MASK


def scramble(sums):
    for i, key in enumerate(struct.unpack_from("<8Q", SECRET, len(SECRET) - STRIPE)):
        sums[i] = ((sums[i] ^ sums[i] >> 47 ^ key) * PRIME32_1) & MASK


def merge(sums, secret, start):
    for i in range(4):
        start += fold((sums[2 * i] ^ u64(SECRET, secret + 16 * i)) * (sums[2 * i + 1] ^ u64(SECRET, secret + 16 * i + 8)))
    return avalanche(start & MASK)


def long(data):
    sums = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1]
    for number in range((len(data) - 1) // STRIPE):
        place = number % STRIPES_A_BLOCK
        accumulate(sums, struct.unpack_from("<8Q", data, number * STRIPE), SECRET_OF_STRIPE[place])
        if place == STRIPES_A_BLOCK - 1:
            scramble(sums)
    accumulate(sums, struct.unpack_from("<8Q", data, len(data) - STRIPE), struct.unpack_from("<8Q", SECRET, len(SECRET) - STRIPE - 7))
    return (merge(sums, 11, len(data) * PRIME64_1 & MASK), merge(sums, len(SECRET) - 64 - 11, ~(len(data) * PRIME64_2) & MASK))


def xxh3_128(data):
    """In hexadecimal, the high half first."""
    for most, rule in ((0, lambda _: empty()), (3, up_to_3), (8, up_to_8), (16, up_to_16), (128, up_to_128), (240, up_to_240)):
        if len(data) <= most:
            break
    else:
        rule = long
    low, high = rule(data)
    return f"{high:016x}{low:016x}"
