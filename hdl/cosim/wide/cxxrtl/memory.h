// Memories of all copies.
#pragma once

#include <cstdlib>
#include <cstring>
#include <vector>

namespace cxxrtl_yosys {

struct memory_index {
    static constexpr bool valid = true;  // reading beyond the end gives zero, see memory
    word index;

    template <size_t Bits>
    EVERYWHERE memory_index(const value<Bits> &address, size_t offset, size_t)
        : index(address.data[0] - all(uint32_t(offset))) {
        static_assert(Bits <= 32, "an address is wider than 32 bits");
    }
};

// A memory of every copy. Small ones are kept word by word, so that a look-up compares; in large
// ones the words of a copy stand together.
template <size_t Bits, size_t Depth>
struct memory {
    static constexpr size_t depth = Depth;
    static constexpr size_t chunks = value<Bits>::chunks;
    static constexpr size_t few = 16;
    using cell = std::conditional_t<Bits <= 16, uint16_t, uint32_t>;

    std::vector<cell> cells;
    stored<Bits> rows[depth > few ? 1 : depth] = {};

    // Behind the last word of a copy is one for all reads and writes beyond the end.
    memory() : cells(depth > few ? COPIES * (depth + 1) * chunks : 0) {}

    uint32_t get(size_t copy, size_t index) const {
        return depth > few ? cells[(copy * (depth + 1) + index) * chunks]
                           : rows[index].val().data[0][copy];
    }
    void set(size_t copy, size_t index, uint32_t number) {
        if constexpr (depth > few) {
            cells[(copy * (depth + 1) + index) * chunks] = cell(number);
        } else {
            value<Bits> row = rows[index].val();
            row.data[0][copy] = number;
            rows[index] = row;
        }
    }

    EVERYWHERE value<Bits> operator[](const word &index) const {
        value<Bits> found;
        if constexpr (depth > few) {
            const word inside = mask(index < all(uint32_t(depth)));
            const word at = choose(inside, index, all(uint32_t(depth)));
            const cell *own = cells.data();
            for (size_t chunk = 0; chunk < chunks; chunk++) {
                alignas(64) uint32_t gathered[COPIES];
                for (size_t copy = 0; copy < COPIES; copy++)
                    gathered[copy] = own[(copy * (depth + 1) + at[copy]) * chunks + chunk];
                std::memcpy(&found.data[chunk], gathered, sizeof gathered);
                found.data[chunk] &= inside;
            }
            return found;
        }
        for (size_t row = 0; row < depth; row++) {
            const mask here = mask(index == all(uint32_t(row)));
            const value<Bits> word = rows[row].val();
            for (size_t chunk = 0; chunk < chunks; chunk++)
                found.data[chunk] |= here & word.data[chunk];
        }
        return found;
    }
    // Whoever has to find what was there before has read it already; of several writers the one that
    // wins comes last.
    EVERYWHERE void update(const word &index, const value<Bits> &written, const value<Bits> &which,
                           int) {
        if constexpr (depth > few) {
            const word at = choose(mask(index < all(uint32_t(depth))), index,
                                   all(uint32_t(depth)));
            cell *own = cells.data();
            for (size_t chunk = 0; chunk < chunks; chunk++) {
                if (!some(which.data[chunk])) continue;
                for (size_t copy = 0; copy < COPIES; copy++) {
                    cell &target = own[(copy * (depth + 1) + at[copy]) * chunks + chunk];
                    const uint32_t bits = which.data[chunk][copy];
                    target = cell((target & ~bits) | (written.data[chunk][copy] & bits));
                }
            }
            return;
        }
        for (size_t row = 0; row < depth; row++) {
            const mask here = mask(index == all(uint32_t(row)));
            value<Bits> word = rows[row].val();
            for (size_t chunk = 0; chunk < chunks; chunk++)
                word.data[chunk] = choose(here & which.data[chunk], written.data[chunk],
                                          word.data[chunk]);
            rows[row] = word;
        }
    }
};

}  // namespace cxxrtl_yosys
