// Several copies of a core side by side.
#pragma once

using cxxrtl::COPIES;

template <class Model>
void settle(Model &model) { model.settle(); }
template <class Model>
void rise(Model &model) { model.rise(); }

// An output's value, be it a register or not.
template <size_t Bits>
const cxxrtl::value<Bits> &output_of(const cxxrtl::value<Bits> &output) { return output; }
template <size_t Bits>
cxxrtl::value<Bits> output_of(const cxxrtl::wire<Bits> &output) { return output.curr(); }

template <size_t Bits>
uint32_t chunk_of(const cxxrtl::value<Bits> &value, size_t copy, size_t chunk) {
    return value.data[chunk][copy];
}
template <size_t Bits>
void set_chunk(cxxrtl::value<Bits> &value, size_t copy, size_t chunk, uint32_t number) {
    value.data[chunk][copy] = number;
}
// Images have words of up to 32 bits.
template <size_t Bits, size_t Depth>
uint32_t cell_of(const cxxrtl::memory<Bits, Depth> &memory, size_t copy, size_t index) {
    return memory.get(copy, index);
}
template <size_t Bits, size_t Depth>
void set_cell(cxxrtl::memory<Bits, Depth> &memory, size_t copy, size_t index,
              uint32_t number) {
    memory.set(copy, index, number);
}

// Lets copies that hold the same have it in common.
template <size_t Bits, size_t Depth>
void share(cxxrtl::memory<Bits, Depth> &memory) { memory.share(); }
