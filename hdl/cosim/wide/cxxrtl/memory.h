// Memories of all copies.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#ifdef __AVX512F__
#include <immintrin.h>
#endif

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

// Cells of every copy at places of their own. A cell may be read with the one behind it.
template <class Cell>
struct cell_array {
    static constexpr uint32_t used = sizeof(Cell) == 2 ? 0xffffu : 0xffffffffu;
    std::vector<Cell> cells;

    EVERYWHERE word get(const word &at) const {
#ifdef __AVX512F__
        return word(_mm512_i32gather_epi32(__m512i(at), cells.data(), sizeof(Cell))) & all(used);
#else
        word found;
        for (size_t copy = 0; copy < COPIES; copy++) found[copy] = cells[at[copy]];
        return found;
#endif
    }
    // Bits that are not in which stay as they are.
    EVERYWHERE void set(const word &at, const word &number, const word &which) {
#ifdef __AVX512F__
        const __mmask16 some = _mm512_test_epi32_mask(__m512i(which), __m512i(which));
        const __m512i old = _mm512_i32gather_epi32(__m512i(at), cells.data(), sizeof(Cell));
        const word now = choose(which, number, word(old));
        _mm512_mask_i32scatter_epi32(cells.data(), some, __m512i(at), __m512i(now), sizeof(Cell));
#else
        for (size_t copy = 0; copy < COPIES; copy++) {
            Cell &target = cells[at[copy]];
            target = Cell((target & ~which[copy]) | (number[copy] & which[copy]));
        }
#endif
    }
};

// A memory of every copy. Small ones are kept word by word, so that a look-up compares; in large
// ones the words of a copy stand together, or all copies have the same words until one of them
// writes: there is more room in the cache then.
template <size_t Bits, size_t Depth>
struct memory {
    static constexpr size_t depth = Depth;
    static constexpr size_t chunks = value<Bits>::chunks;
    static constexpr size_t few = 16;
    // Behind the last word of a copy is one for all reads and writes beyond the end, and one cell
    // that is read with it.
    static constexpr size_t pitch = (depth + 1) * chunks + 1;
    using cell = std::conditional_t<Bits <= 16, uint16_t, uint32_t>;

    cell_array<cell> large;
    word begins = {};  // where the words of each copy begin
    stored<Bits> rows[depth > few ? 1 : depth] = {};

    memory() {
        if (depth <= few) return;
        large.cells.resize(COPIES * pitch);
        part();
    }

    uint32_t get(size_t copy, size_t index) const {
        return depth > few ? large.cells[begins[copy] + index * chunks]
                           : rows[index].val().data[0][copy];
    }
    void set(size_t copy, size_t index, uint32_t number) {
        if constexpr (depth > few) {
            part();
            large.cells[begins[copy] + index * chunks] = cell(number);
        } else {
            value<Bits> row = rows[index].val();
            row.data[0][copy] = number;
            rows[index] = row;
        }
    }
    // Lets copies whose words are all equal have them in common.
    void share() {
        if (depth <= few || is_shared()) return;
        const auto first = large.cells.begin(), last = first + (pitch - 1);
        for (size_t copy = 1; copy < COPIES; copy++)
            if (!std::equal(first, last, first + copy * pitch)) return;
        begins = word{};
    }

    EVERYWHERE value<Bits> operator[](const word &index) const {
        value<Bits> found;
        if constexpr (depth > few) {
            const word inside = mask(index < all(uint32_t(depth)));
            const word at = place(index);
            for (uint32_t chunk = 0; chunk < chunks; chunk++)
                found.data[chunk] = inside & large.get(at + all(chunk));
            return found;
        }
#pragma GCC unroll 16
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
            for (uint32_t chunk = 0; chunk < chunks; chunk++) {
                if (!some(which.data[chunk])) continue;
                part();
                large.set(place(index) + all(chunk), written.data[chunk], which.data[chunk]);
            }
            return;
        }
#pragma GCC unroll 16
        for (size_t row = 0; row < depth; row++) {
            const mask here = mask(index == all(uint32_t(row)));
            value<Bits> word = rows[row].val();
            for (size_t chunk = 0; chunk < chunks; chunk++)
                word.data[chunk] = choose(here & which.data[chunk], written.data[chunk],
                                          word.data[chunk]);
            rows[row] = word;
        }
    }

private:
    bool is_shared() const { return begins[COPIES - 1] == 0; }
    EVERYWHERE word place(const word &index) const {
        const word end = all(uint32_t(depth));
        const word at = choose(mask(index < end), index, end);
        if constexpr (chunks == 1) return begins + at;
        return begins + at * all(uint32_t(chunks));
    }
    // Gives every copy words of its own.
    void part() {
        if (!is_shared()) return;
        const auto first = large.cells.begin();
        for (size_t copy = 1; copy < COPIES; copy++) {
            std::copy(first, first + (pitch - 1), first + copy * pitch);
            begins[copy] = uint32_t(copy * pitch);
        }
    }
};

}  // namespace cxxrtl_yosys
