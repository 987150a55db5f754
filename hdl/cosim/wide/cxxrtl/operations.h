// Cells as Yosys names them: the result has BitsY bits, arguments are unsigned (u) or signed (s).
// Operations that no core needs are left out, so that a model that needs one does not compile.
#pragma once

namespace cxxrtl_yosys {

template <bool Signed, size_t Bits, size_t From>
EVERYWHERE value<Bits> extend(const value<From> &from) {
    if constexpr (Signed) return from.template sext<Bits>();
    else return from.template zext<Bits>();
}

// A mask as a number of any width: 1 where it holds.
template <size_t Bits>
EVERYWHERE value<Bits> truth(mask holds) {
    value<Bits> found;
    found.data[0] = holds & all(1);
    return found;
}

template <size_t Bits, class Operation>
EVERYWHERE value<Bits> chunkwise(const value<Bits> &a, const value<Bits> &b, Operation operation) {
    value<Bits> found;
    for (size_t chunk = 0; chunk < found.chunks; chunk++)
        found.data[chunk] = operation(a.data[chunk], b.data[chunk]);
    return found;
}

// a + b, or a - b as a + ~b + 1.
template <bool Minus, size_t Bits>
EVERYWHERE value<Bits> sum(const value<Bits> &a, const value<Bits> &b) {
    value<Bits> found;
    if constexpr (value<Bits>::chunks == 1) {
        found.data[0] = Minus ? a.data[0] - b.data[0] : a.data[0] + b.data[0];
        return found.trim();
    }
    word carry = {};  // of the chunk below, or what was borrowed from this one
    for (size_t chunk = 0; chunk < found.chunks; chunk++) {
        const word one = a.data[chunk], other = b.data[chunk];
        if constexpr (Minus) {
            const word rest = one - other;
            found.data[chunk] = rest - carry;
            carry = (mask(one < other) | mask(rest < carry)) & all(1);
        } else {
            const word total = one + other;
            found.data[chunk] = total + carry;
            carry = (mask(total < one) | mask(found.data[chunk] < carry)) & all(1);
        }
    }
    return found.trim();
}

template <size_t Bits>
EVERYWHERE mask below(const value<Bits> &a, const value<Bits> &b) {
    mask less = {};
    for (size_t chunk = 0; chunk < value<Bits>::chunks; chunk++) {
        const word one = a.data[chunk], other = b.data[chunk];
        less = mask(one < other) | (mask(one == other) & less);
    }
    return less;
}

template <size_t Bits>
EVERYWHERE mask same(const value<Bits> &a, const value<Bits> &b) {
    mask equal = mask(a.data[0] == b.data[0]);
    for (size_t chunk = 1; chunk < value<Bits>::chunks; chunk++)
        equal &= mask(a.data[chunk] == b.data[chunk]);
    return equal;
}

// Signed numbers are ordered like unsigned ones once their sign is turned.
template <bool Signed, size_t BitsA, size_t BitsB>
EVERYWHERE mask less(const value<BitsA> &a, const value<BitsB> &b) {
    constexpr size_t bits = BitsA > BitsB ? BitsA : BitsB;
    auto one = extend<Signed, bits>(a), other = extend<Signed, bits>(b);
    if constexpr (Signed) {
        const word turn = all(1u << (bits - 1) % 32);
        one.data[one.chunks - 1] ^= turn;
        other.data[other.chunks - 1] ^= turn;
    }
    return below(one, other);
}

template <bool Signed, size_t BitsA, size_t BitsB>
EVERYWHERE mask equal(const value<BitsA> &a, const value<BitsB> &b) {
    constexpr size_t bits = BitsA > BitsB ? BitsA : BitsB;
    return same(extend<Signed, bits>(a), extend<Signed, bits>(b));
}

#define UNARY(name, sign, is_signed, result)              \
    template <size_t BitsY, size_t BitsA>                 \
    EVERYWHERE value<BitsY> name##_##sign(const value<BitsA> &a0) { \
        const auto a = extend<is_signed, BitsY>(a0);      \
        return result;                                    \
    }
#define REDUCE(name, result)                              \
    template <size_t BitsY, size_t BitsA>                 \
    EVERYWHERE value<BitsY> name(const value<BitsA> &a) { return truth<BitsY>(result); }
#define BINARY(name, sign, is_signed, result)             \
    template <size_t BitsY, size_t BitsA, size_t BitsB>   \
    EVERYWHERE value<BitsY> name##_##sign(const value<BitsA> &a0, const value<BitsB> &b0) { \
        const auto a = extend<is_signed, BitsY>(a0), b = extend<is_signed, BitsY>(b0);      \
        return result;                                    \
    }
#define COMPARE(name, sign, is_signed, result)            \
    template <size_t BitsY, size_t BitsA, size_t BitsB>   \
    EVERYWHERE value<BitsY> name##_##sign(const value<BitsA> &a, const value<BitsB> &b) { \
        constexpr bool Signed = is_signed;                \
        return truth<BitsY>(result);                      \
    }
#define BOTH(define, name, result)     \
    define(name, uu, false, result)    \
    define(name, ss, true, result)

UNARY(not, u, false, chunkwise(a, a, [](word x, word) { return ~x; }).trim())
UNARY(not, s, true, chunkwise(a, a, [](word x, word) { return ~x; }).trim())
UNARY(neg, u, false, sum<true>(value<BitsY>{}, a))
UNARY(neg, s, true, sum<true>(value<BitsY>{}, a))
UNARY(pos, u, false, a)
UNARY(pos, s, true, a)

REDUCE(logic_not, ~a.nonzero())
REDUCE(reduce_or, a.nonzero())
REDUCE(reduce_bool, a.nonzero())
REDUCE(reduce_and, ~chunkwise(a, a, [](word x, word) { return ~x; }).trim().nonzero())

template <size_t BitsY, size_t BitsA, size_t BitsB>
EVERYWHERE value<BitsY> logic_and(const value<BitsA> &a, const value<BitsB> &b) {
    return truth<BitsY>(a.nonzero() & b.nonzero());
}
template <size_t BitsY, size_t BitsA, size_t BitsB>
EVERYWHERE value<BitsY> logic_or(const value<BitsA> &a, const value<BitsB> &b) {
    return truth<BitsY>(a.nonzero() | b.nonzero());
}

BOTH(BINARY, and, chunkwise(a, b, [](word x, word y) { return x & y; }))
BOTH(BINARY, or, chunkwise(a, b, [](word x, word y) { return x | y; }))
BOTH(BINARY, xor, chunkwise(a, b, [](word x, word y) { return x ^ y; }))
BOTH(BINARY, xnor, chunkwise(a, b, [](word x, word y) { return ~(x ^ y); }).trim())
BOTH(BINARY, add, sum<false>(a, b))
BOTH(BINARY, sub, sum<true>(a, b))

BOTH(COMPARE, eq, equal<Signed>(a, b))
BOTH(COMPARE, ne, ~equal<Signed>(a, b))
BOTH(COMPARE, lt, less<Signed>(a, b))
BOTH(COMPARE, gt, less<Signed>(b, a))
BOTH(COMPARE, le, ~less<Signed>(b, a))
BOTH(COMPARE, ge, ~less<Signed>(a, b))

// Products and shifts fit into one chunk in every core.
template <size_t BitsY, size_t BitsA, size_t BitsB>
EVERYWHERE value<BitsY> mul_uu(const value<BitsA> &a, const value<BitsB> &b) {
    static_assert(BitsY <= 32, "a product is wider than 32 bits");
    value<BitsY> found;
    found.data[0] = a.data[0] * b.data[0];
    return found.trim();
}
template <size_t BitsY, size_t BitsA, size_t BitsB>
EVERYWHERE value<BitsY> mul_ss(const value<BitsA> &a, const value<BitsB> &b) {
    return mul_uu<BitsY>(extend<true, BitsY>(a), extend<true, BitsY>(b));
}
template <size_t BitsY, size_t BitsA, size_t BitsB>
EVERYWHERE value<BitsY> shl_uu(const value<BitsA> &a, const value<BitsB> &b) {
    static_assert(BitsY <= 32 && BitsA <= 32 && BitsB <= 32, "a shift is wider than 32 bits");
    value<BitsY> found;
    const mask far = mask(b.data[0] > all(31));
    found.data[0] = ~far & (a.data[0] << (b.data[0] & all(31)));
    return found.trim();
}
template <size_t BitsY, size_t BitsA, size_t BitsB>
EVERYWHERE value<BitsY> shr_uu(const value<BitsA> &a, const value<BitsB> &b) {
    static_assert(BitsY <= 32 && BitsA <= 32 && BitsB <= 32, "a shift is wider than 32 bits");
    value<BitsY> found;
    const mask far = mask(b.data[0] > all(31));
    found.data[0] = ~far & (a.data[0] >> (b.data[0] & all(31)));
    return found.trim();
}
template <size_t BitsY, size_t BitsA, size_t BitsB>
EVERYWHERE value<BitsY> sshr_su(const value<BitsA> &a, const value<BitsB> &b) {
    static_assert(BitsY <= 32 && BitsA <= 32 && BitsB <= 32, "a shift is wider than 32 bits");
    value<BitsY> found;
    const word far = choose(mask(b.data[0] > all(31)), all(31), b.data[0]);
    found.data[0] = word(signed_word(a.template sext<32>().data[0]) >> signed_word(far));
    return found.trim();
}

#undef UNARY
#undef REDUCE
#undef BINARY
#undef COMPARE
#undef BOTH

}  // namespace cxxrtl_yosys
