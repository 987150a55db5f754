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
    static constexpr size_t ports = 4;
    using cell = std::conditional_t<Bits <= 16, uint16_t, uint32_t>;
    struct write {
        word index;
        value<Bits> written, which;
        int priority;
    };

    std::vector<cell> cells;
    stored<Bits> rows[depth > few ? 1 : depth] = {};
    write queue[ports];
    size_t queued = 0;

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
    // Reads of this cycle still find what was there before.
    EVERYWHERE void update(const word &index, const value<Bits> &written, const value<Bits> &which,
                           int priority) {
        size_t at = queued++;
        if (queued > ports) std::abort();
        for (; at && queue[at - 1].priority > priority; at--) queue[at] = queue[at - 1];
        queue[at] = write{index, written, which, priority};
    }
    template <class Observer>
    EVERYWHERE bool commit(Observer &) {
        for (size_t at = 0; at < queued; at++) carry_out(queue[at]);
        const bool changed = queued != 0;
        queued = 0;
        return changed;
    }

private:
    EVERYWHERE void carry_out(const write &one) {
        if constexpr (depth > few) {
            const word at = choose(mask(one.index < all(uint32_t(depth))), one.index,
                                   all(uint32_t(depth)));
            cell *own = cells.data();
            for (size_t chunk = 0; chunk < chunks; chunk++) {
                if (!some(one.which.data[chunk])) continue;
                for (size_t copy = 0; copy < COPIES; copy++) {
                    cell &target = own[(copy * (depth + 1) + at[copy]) * chunks + chunk];
                    const uint32_t which = one.which.data[chunk][copy];
                    target = cell((target & ~which) | (one.written.data[chunk][copy] & which));
                }
            }
            return;
        }
        for (size_t row = 0; row < depth; row++) {
            const mask here = mask(one.index == all(uint32_t(row)));
            value<Bits> word = rows[row].val();
            for (size_t chunk = 0; chunk < chunks; chunk++)
                word.data[chunk] = choose(here & one.which.data[chunk], one.written.data[chunk],
                                          word.data[chunk]);
            rows[row] = word;
        }
    }
};

}  // namespace cxxrtl_yosys
