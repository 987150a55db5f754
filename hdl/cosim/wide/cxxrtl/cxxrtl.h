// The part of the CXXRTL run-time library that the models of cores need, for COPIES models at once:
// a value holds one number per copy, side by side, and every operation works on all of them. What
// Yosys writes is compiled against this header instead of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#define CXXRTL_ASSERT(condition)
#define EVERYWHERE __attribute__((always_inline)) inline

namespace cxxrtl_yosys {

constexpr size_t COPIES = 16;

// One word of 32 bits per copy. A mask is all ones where something holds.
using word = uint32_t __attribute__((vector_size(4 * COPIES)));
using signed_word = int32_t __attribute__((vector_size(4 * COPIES)));
using mask = word;

EVERYWHERE word all(uint32_t number) { return word{} + number; }
EVERYWHERE word choose(mask which, word yes, word no) { return (which & yes) | (~which & no); }
EVERYWHERE bool some(mask which) {
    uint32_t any = 0;
    for (size_t copy = 0; copy < COPIES; copy++) any |= which[copy];
    return any;
}

template <size_t Bits>
struct value;

// Bits Stop down to Start of a value, to be read or assigned.
template <size_t Bits, size_t Stop, size_t Start>
struct part {
    static constexpr size_t bits = Stop - Start + 1;
    value<Bits> &whole;

    EVERYWHERE value<bits> val() const { return std::as_const(whole).template slice<Stop, Start>(); }
    EVERYWHERE operator value<bits>() const { return val(); }
    EVERYWHERE part &operator=(const value<bits> &other) {
        whole.template replace<Stop, Start>(other);
        return *this;
    }
    template <size_t Stop2, size_t Start2 = Stop2>
    EVERYWHERE auto slice() const {
        return part<Bits, Start + Stop2, Start + Start2>{whole};
    }
    template <size_t Count>
    EVERYWHERE auto repeat() const { return val().template repeat<Count>(); }
    template <class Other>
    EVERYWHERE auto concat(Other &&low) const;
};

// Two values or parts side by side, to be read or assigned.
template <class High, class Low>
struct joined {
    static constexpr size_t low_bits = std::remove_reference_t<Low>::bits;
    static constexpr size_t bits = std::remove_reference_t<High>::bits + low_bits;
    High high;
    Low low;

    EVERYWHERE value<bits> val() const;
    EVERYWHERE operator value<bits>() const { return val(); }
    EVERYWHERE joined &operator=(const value<bits> &other) {
        low = other.template slice<low_bits - 1, 0>();
        high = other.template slice<bits - 1, low_bits>();
        return *this;
    }
    template <size_t Stop, size_t Start = Stop>
    EVERYWHERE auto slice() const {
        return std::as_const(*this).val().template slice<Stop, Start>();
    }
    template <size_t Count>
    EVERYWHERE auto repeat() const { return val().template repeat<Count>(); }
    template <class Other>
    EVERYWHERE auto concat(Other &&other) const;
};

// Values are referred to, so that they can be assigned; parts already refer to one.
template <class T>
struct held { using type = T; };
template <size_t Bits>
struct held<value<Bits>> { using type = value<Bits> &; };
template <size_t Bits>
struct held<const value<Bits>> { using type = const value<Bits> &; };

template <size_t Bits>
struct value {
    static constexpr size_t bits = Bits;
    static constexpr size_t chunks = (Bits + 31) / 32;
    static constexpr uint32_t last_mask = 0xffffffffu >> (chunks * 32 - Bits);
    // Bits beyond the last one are zero.
    word data[chunks] = {};

    EVERYWHERE constexpr value() = default;
    template <class... Words>
    EVERYWHERE explicit value(uint32_t first, Words... others) {
        const uint32_t words[] = {first, uint32_t(others)...};
        for (size_t chunk = 0; chunk < chunks && chunk < 1 + sizeof...(others); chunk++)
            data[chunk] = all(words[chunk]);
    }
    EVERYWHERE const value &val() const { return *this; }

    EVERYWHERE value &trim() {
        if constexpr (last_mask != 0xffffffffu) data[chunks - 1] &= all(last_mask);
        return *this;
    }
    // All ones in copies where the value is not zero.
    EVERYWHERE mask nonzero() const {
        word any = data[0];
        for (size_t chunk = 1; chunk < chunks; chunk++) any |= data[chunk];
        if constexpr (Bits == 1) return -any;
        return mask(any != all(0));
    }
    EVERYWHERE mask differs(const value &other) const {
        mask found = data[0] ^ other.data[0];
        for (size_t chunk = 1; chunk < chunks; chunk++) found |= data[chunk] ^ other.data[chunk];
        return found;
    }
    EVERYWHERE mask negative() const {
        const word top = data[chunks - 1] << (31 - (Bits - 1) % 32);
        return mask(signed_word(top) >> 31);
    }

    template <size_t Stop, size_t Start = Stop>
    EVERYWHERE value<Stop - Start + 1> slice() const {
        value<Stop - Start + 1> found;
        constexpr size_t first = Start / 32, shift = Start % 32;
        for (size_t chunk = 0; chunk < found.chunks; chunk++) {
            found.data[chunk] = data[first + chunk] >> shift;
            if (shift && first + chunk + 1 < chunks && 32 * (chunk + 1) < shift + found.bits)
                found.data[chunk] |= data[first + chunk + 1] << (32 - shift);
        }
        if constexpr (Stop < Bits - 1) found.trim();
        return found;
    }
    template <size_t Stop, size_t Start = Stop>
    EVERYWHERE part<Bits, Stop, Start> slice() { return {*this}; }

    template <size_t Stop, size_t Start, size_t Other>
    EVERYWHERE void replace(const value<Other> &other) {
        constexpr size_t first = Start / 32, shift = Start % 32;
        for (size_t chunk = 0; chunk < value<Other>::chunks; chunk++) {
            const uint32_t used =
                chunk + 1 < value<Other>::chunks ? 0xffffffffu : value<Other>::last_mask;
            word &low = data[first + chunk];
            low = (low & all(~(used << shift))) | other.data[chunk] << shift;
            if (shift && used >> (32 - shift)) {
                word &high = data[first + chunk + 1];
                high = (high & all(~(used >> (32 - shift)))) | other.data[chunk] >> (32 - shift);
            }
        }
    }
    template <class Other>
    EVERYWHERE auto concat(Other &&low) {
        using Held = typename held<std::remove_reference_t<Other>>::type;
        return joined<value &, Held>{*this, low};
    }
    template <class Other>
    EVERYWHERE auto concat(Other &&low) const {
        using Held = typename held<std::remove_reference_t<Other>>::type;
        return joined<const value &, Held>{*this, low};
    }
    template <size_t Count>
    EVERYWHERE value<Bits * Count> repeat() const {
        if constexpr (Bits == 1) {
            value<Count> found;
            for (size_t chunk = 0; chunk < found.chunks; chunk++) found.data[chunk] = -data[0];
            return found.trim();
        } else if constexpr (Count == 1) {
            return *this;
        } else {
            const auto rest = repeat<Count - 1>();
            return joined<const value &, const value<Bits *(Count - 1)> &>{*this, rest}.val();
        }
    }
    // The same number, or its low bits, in another width.
    template <size_t Other>
    EVERYWHERE value<Other> zext() const {
        value<Other> found;
        for (size_t chunk = 0; chunk < found.chunks && chunk < chunks; chunk++)
            found.data[chunk] = data[chunk];
        if constexpr (Other < Bits) found.trim();
        return found;
    }
    template <size_t Other>
    EVERYWHERE value<Other> sext() const {
        if constexpr (Other <= Bits) return zext<Other>();
        value<Other> found = zext<Other>();
        const mask sign = negative();
        found.data[chunks - 1] |= sign & all(~last_mask);
        for (size_t chunk = chunks; chunk < found.chunks; chunk++) found.data[chunk] = sign;
        return found.trim();
    }
};

template <size_t Bits, size_t Stop, size_t Start>
template <class Other>
EVERYWHERE auto part<Bits, Stop, Start>::concat(Other &&low) const {
    using Held = typename held<std::remove_reference_t<Other>>::type;
    return joined<part, Held>{*this, low};
}

template <class High, class Low>
template <class Other>
EVERYWHERE auto joined<High, Low>::concat(Other &&other) const {
    using Held = typename held<std::remove_reference_t<Other>>::type;
    return joined<joined, Held>{*this, other};
}

template <class High, class Low>
EVERYWHERE value<joined<High, Low>::bits> joined<High, Low>::val() const {
    value<bits> found = low.val().template zext<bits>();
    found.template replace<bits - 1, low_bits>(high.val());
    return found;
}

using halves = uint16_t __attribute__((vector_size(2 * COPIES)));

// One number per copy in as little room as it can take.
template <size_t Bits>
using narrow = std::conditional_t<(Bits > 16), word, halves>;

// A value that outlasts a cycle: a core hardly fits into the cache.
template <size_t Bits, bool Short = (Bits <= 32)>
struct stored {
    narrow<Bits> now;

    EVERYWHERE value<Bits> val() const {
        value<Bits> found;
        found.data[0] = __builtin_convertvector(now, word);
        return found;
    }
    EVERYWHERE stored &operator=(const value<Bits> &other) {
        now = __builtin_convertvector(other.data[0], narrow<Bits>);
        return *this;
    }
};

template <size_t Bits>
struct stored<Bits, false> {
    stored<32> low;
    stored<Bits - 32> high;

    EVERYWHERE value<Bits> val() const {
        value<Bits> found = high.val().template zext<Bits>();
        for (size_t chunk = found.chunks - 1; chunk; chunk--)
            found.data[chunk] = found.data[chunk - 1];
        found.data[0] = low.now;
        return found;
    }
    EVERYWHERE stored &operator=(const value<Bits> &other) {
        low.now = other.data[0];
        high = other.template slice<Bits - 1, 32>();
        return *this;
    }
};

// A register, changed in place.
template <size_t Bits>
struct wire {
    stored<Bits> now = {};

    wire() = default;
    template <class... Words>
    explicit wire(uint32_t first, Words... others) {
        now = value<Bits>(first, others...);
    }
    EVERYWHERE value<Bits> curr() const { return now.val(); }
    EVERYWHERE wire &operator=(const value<Bits> &other) {
        now = other;
        return *this;
    }
};

// What C++ writes as ? and :, for every copy on its own.
template <size_t Which, size_t Bits>
EVERYWHERE value<Bits> mux(const value<Which> &which, const value<Bits> &yes,
                           const value<Bits> &no) {
    value<Bits> found;
    const mask holds = which.nonzero();
    for (size_t chunk = 0; chunk < found.chunks; chunk++)
        found.data[chunk] = choose(holds, yes.data[chunk], no.data[chunk]);
    return found;
}

struct metadata {
    template <class... Any>
    metadata(Any &&...) {}
};
using metadata_map = std::map<std::string, metadata>;

struct interior {};

struct module {
    module() = default;
    module(const module &) = delete;
    virtual ~module() = default;
    virtual void reset() = 0;
};

}  // namespace cxxrtl_yosys

namespace cxxrtl = cxxrtl_yosys;

#include "memory.h"
#include "operations.h"
