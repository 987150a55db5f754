// One copy of a core, on the run-time library that comes with Yosys.
#pragma once

constexpr size_t COPIES = 1;

// Lets what is not a register follow from what is.
template <class Model>
void settle(Model &model) {
    while (!model.template evaluate<false>() && model.commit()) {}
}

// The clock rises; says whether anything changed.
template <class Model>
bool rise(Model &model) {
    if constexpr (Model::loops) settle(model);
    model.template evaluate<true>();
    return model.commit();
}

// An output's value, be it a register or not.
template <size_t Bits>
const cxxrtl::value<Bits> &output_of(const cxxrtl::value<Bits> &output) { return output; }
template <size_t Bits>
const cxxrtl::value<Bits> &output_of(const cxxrtl::wire<Bits> &output) { return output.curr; }

template <size_t Bits>
uint32_t chunk_of(const cxxrtl::value<Bits> &value, size_t, size_t chunk) {
    return value.data[chunk];
}
template <size_t Bits>
void set_chunk(cxxrtl::value<Bits> &value, size_t, size_t chunk, uint32_t number) {
    value.data[chunk] = number;
}
// Images have words of up to 32 bits.
template <size_t Bits>
uint32_t cell_of(const cxxrtl::memory<Bits> &memory, size_t, size_t index) {
    return memory[index].data[0];
}
template <size_t Bits>
void set_cell(cxxrtl::memory<Bits> &memory, size_t, size_t index, uint32_t number) {
    memory[index] = cxxrtl::value<Bits>{number};
}

// There is nobody to share with.
template <size_t Bits>
void share(cxxrtl::memory<Bits> &) {}

// Whether a lane can be left alone in a cycle: nothing changed in the one before, neither inside
// nor at its inputs, so nothing would change now.
class Activity {
    bool changed = true;

public:
    template <size_t Bits>
    void input(cxxrtl::value<Bits> &inner, const cxxrtl::value<Bits> &outer) {
        if (inner == outer) return;
        inner = outer;
        changed = true;
    }
    template <class Model>
    bool clock(Model &model) {
        if (!changed) return false;
        changed = rise(model);
        settle(model);
        return true;
    }
};
