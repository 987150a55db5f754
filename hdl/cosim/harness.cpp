// Drives a compiled core: one call per batch of samples, so that the language boundary costs
// nothing. core.h is what Yosys made of the top, lanes.h wraps what it made of the lanes, and
// memories.h lists the memories that hold images.
#include <cxxrtl/cxxrtl.h>

#include <cstdint>
#include <cstring>

#include "core.h"

namespace {

// An output's value, be it a register or not.
template <size_t Bits>
const cxxrtl::value<Bits> &output_of(const cxxrtl::value<Bits> &output) { return output; }
template <size_t Bits>
const cxxrtl::value<Bits> &output_of(const cxxrtl::wire<Bits> &output) { return output.curr; }

// Whether a lane can be left alone in a cycle: nothing changed in the one before, neither inside
// nor at its inputs, so nothing would change now.
class Activity {
    bool changed = true;

    template <class Model>
    bool settle(Model &model) {
        bool any = false, converged, moved;
        do {
            converged = model.eval(nullptr);
            moved = model.commit();
            any |= moved;
        } while (moved && !converged);
        return any;
    }

public:
    template <size_t Bits>
    void input(cxxrtl::value<Bits> &inner, const cxxrtl::value<Bits> &outer) {
        if (inner == outer) return;
        inner = outer;
        changed = true;
    }

    // Runs one clock cycle, unless it would do nothing; says whether it ran.
    template <class Model>
    bool clock(Model &model) {
        if (!changed) return false;
        model.p_clk.template set<bool>(true);
        changed = settle(model);
        model.p_clk.template set<bool>(false);
        changed |= settle(model);
        return true;
    }
};

}  // namespace

#include "lanes.h"

namespace {

using Top = cxxrtl_design::p_core;

enum Kind : uint32_t { SPIKE = 0, TICK = 1, END = 2 };
enum Status : int { OK = 0, TIMEOUT = 1, TOO_MANY_SPIKES = 2, NO_SUCH_MEMORY = 3 };

// A stream record of up to 128 bits, as it is handed to the caller.
constexpr size_t RECORD = 4;

template <size_t Bits>
void store(const cxxrtl::value<Bits> &from, uint32_t *to) {
    static_assert(cxxrtl::value<Bits>::chunks <= RECORD, "a record is wider than 128 bits");
    for (size_t chunk = 0; chunk < RECORD; chunk++)
        to[chunk] = chunk < cxxrtl::value<Bits>::chunks ? from.data[chunk] : 0;
}

template <size_t Bits>
void load(cxxrtl::value<Bits> &to, uint64_t word) {
    for (size_t chunk = 0; chunk < cxxrtl::value<Bits>::chunks; chunk++) {
        const size_t used = Bits - 32 * chunk;
        const uint32_t mask = used >= 32 ? 0xffffffffu : (1u << used) - 1;
        to.data[chunk] = (chunk < 2 ? uint32_t(word >> (32 * chunk)) : 0) & mask;
    }
}

template <size_t Bits>
bool fill(cxxrtl::memory<Bits> &memory, const uint32_t *words, size_t count) {
    if (count != memory.depth) return false;
    for (size_t index = 0; index < count; index++) load(memory[index], words[index]);
    return true;
}

template <size_t Bits>
bool dump(cxxrtl::memory<Bits> &memory, uint32_t *words, size_t count) {
    if (count != memory.depth) return false;
    for (size_t index = 0; index < count; index++) words[index] = memory[index].data[0];
    return true;
}

// Says when to pause, and for how long: short pauses disappear in the queues. The quality of the
// generator does not matter, its reproducibility does.
struct Pauses {
    uint64_t state;
    uint32_t percent;
    uint32_t left = 0;

    uint32_t draw(uint32_t below) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return uint32_t(state >> 33) % below;
    }
    bool operator()() {
        if (left) return left--;
        if (!percent || draw(100) >= percent) return false;
        left = draw(16);
        return true;
    }
};

struct Core {
    Top top;

    // One clock cycle: inputs are set before, outputs are valid between settle and clock.
    void settle() {
        top.p_clk.set<bool>(false);
        top.step();
    }
    void clock() {
        top.p_clk.set<bool>(true);
        top.step();
    }
    void idle() {
        settle();
        clock();
    }
    void reset() {
        top.p_rst.set<bool>(true);
        idle();
        top.p_rst.set<bool>(false);
    }
};

// The tokens of one sample, made on the fly from its sorted (tick, source) pairs.
struct Player {
    const int32_t *ticks;
    const uint32_t *sources;
    int64_t next, stop;
    int32_t tick, n_ticks;
    bool ended;

    uint64_t token() const {
        if (tick >= n_ticks) return END;
        if (next < stop && ticks[next] == tick) return SPIKE | uint64_t(sources[next]) << 2;
        return TICK;
    }
    void advance() {
        if (tick >= n_ticks) ended = true;
        else if (next < stop && ticks[next] == tick) next++;
        else tick++;
    }
    // The producer has seen the verdict: nothing but the end is left to say.
    void cut() { tick = n_ticks; }
};

}  // namespace

extern "C" {

struct Batch {
    const int64_t *offsets;
    const int32_t *ticks;
    const uint32_t *sources;
    int64_t n_samples;
    int32_t n_ticks;
    int32_t early_exit;
    int32_t stop_at_verdict;  // the producer says END when it sees the verdict
    uint32_t stall_percent;
    uint64_t stall_seed;
    int64_t cycle_limit;  // per sample
    uint32_t *verdicts;   // n_samples records
    int64_t *cycles;      // n_samples
    uint32_t *counters;   // n_samples x 4: cycles, added, skipped, inferences
    uint32_t *spikes;     // spike_capacity records
    int64_t spike_capacity;
    int64_t *spike_offsets;  // n_samples + 1
    int64_t total_cycles;
};

void *core_new() {
    Core *core = new Core;
    core->reset();
    return core;
}

void core_free(void *core) { delete static_cast<Core *>(core); }

void core_reset(void *core) { static_cast<Core *>(core)->reset(); }

int core_load(void *handle, const char *name, const uint32_t *words, size_t count) {
    Top &top = static_cast<Core *>(handle)->top;
#define MEMORY(label, unit, cell, member)                                              \
    if (!std::strcmp(name, label))                                                     \
        return fill(static_cast<unit &>(*top.cell).inner.member, words, count) ? OK    \
                                                                               : NO_SUCH_MEMORY;
#include "memories.h"
#undef MEMORY
    return NO_SUCH_MEMORY;
}

int core_dump(void *handle, const char *name, uint32_t *words, size_t count) {
    Top &top = static_cast<Core *>(handle)->top;
#define MEMORY(label, unit, cell, member)                                              \
    if (!std::strcmp(name, label))                                                     \
        return dump(static_cast<unit &>(*top.cell).inner.member, words, count) ? OK    \
                                                                               : NO_SUCH_MEMORY;
#include "memories.h"
#undef MEMORY
    return NO_SUCH_MEMORY;
}

int core_run(void *handle, Batch *batch) {
    Core &core = *static_cast<Core *>(handle);
    Top &top = core.top;
    // Producer and consumers pause on their own.
    Pauses producer{3 * batch->stall_seed, batch->stall_percent};
    Pauses consumer{3 * batch->stall_seed + 1, batch->stall_percent};
    Pauses observer{3 * batch->stall_seed + 2, batch->stall_percent};
    int64_t n_spikes = 0, now = 0;
    batch->spike_offsets[0] = 0;
    top.p_early__exit.set<bool>(batch->early_exit);
    for (int64_t sample = 0; sample < batch->n_samples; sample++) {
        Player player{batch->ticks, batch->sources, batch->offsets[sample],
                      batch->offsets[sample + 1], 0, batch->n_ticks, false};
        int64_t first = -1, verdict = -1;
        const int64_t deadline = now + batch->cycle_limit;
        bool taken = false, offering = false;
        while (!player.ended || !taken) {
            if (now > deadline) return TIMEOUT;
            // What has been offered stays until it is taken.
            if (!offering) offering = !player.ended && !producer();
            top.p_i__valid.set<bool>(offering);
            load(top.p_i__payload, player.token());
            top.p_o__ready.set<bool>(!taken && !consumer());
            top.p_spikes__ready.set<bool>(!observer());
            core.settle();
            if (top.p_spikes__valid.get<bool>() && top.p_spikes__ready.get<bool>()) {
                if (n_spikes == batch->spike_capacity) return TOO_MANY_SPIKES;
                store(output_of(top.p_spikes__payload), batch->spikes + RECORD * n_spikes++);
            }
            if (top.p_o__valid.get<bool>() && !taken) {
                if (verdict < 0) verdict = now;
                if (top.p_o__ready.get<bool>()) {
                    store(output_of(top.p_o__payload), batch->verdicts + RECORD * sample);
                    taken = true;
                }
            }
            if (offering && top.p_i__ready.get<bool>()) {
                if (first < 0) first = now;
                offering = false;
                player.advance();
            }
            if (verdict >= 0 && !offering && batch->stop_at_verdict) player.cut();
            core.clock();
            now++;
        }
        batch->cycles[sample] = verdict - first;
        batch->spike_offsets[sample + 1] = n_spikes;
        uint32_t *counters = batch->counters + 4 * sample;
        counters[0] = top.p_cycles.get<uint32_t>();
        counters[1] = top.p_added.get<uint32_t>();
        counters[2] = top.p_skipped.get<uint32_t>();
        counters[3] = top.p_inferences.get<uint32_t>();
    }
    top.p_i__valid.set<bool>(false);
    batch->total_cycles = now;
    return OK;
}

int core_command(void *handle, uint64_t command, int64_t cycle_limit, uint32_t *response,
                 int64_t *cycles) {
    Core &core = *static_cast<Core *>(handle);
    Top &top = core.top;
    load(top.p_commands__payload, command);
    top.p_commands__valid.set<bool>(true);
    top.p_responses__ready.set<bool>(true);
    for (int64_t now = 0; now < cycle_limit; now++) {
        core.settle();
        const bool accepted = top.p_commands__valid.get<bool>() && top.p_commands__ready.get<bool>();
        const bool answered = top.p_responses__valid.get<bool>();
        uint32_t record[RECORD];
        store(output_of(top.p_responses__payload), record);
        core.clock();
        if (accepted) top.p_commands__valid.set<bool>(false);
        if (answered) {
            *response = record[0];
            *cycles = now + 1;
            top.p_responses__ready.set<bool>(false);
            return OK;
        }
    }
    return TIMEOUT;
}

// inferences, live, pruned, image_valid, stray, denied, locked
void core_status(void *handle, uint32_t *status) {
    Core &core = *static_cast<Core *>(handle);
    core.settle();
    status[0] = core.top.p_inferences.get<uint32_t>();
    status[1] = core.top.p_live.get<uint32_t>();
    status[2] = core.top.p_pruned.get<uint32_t>();
    status[3] = core.top.p_image__valid.get<uint32_t>();
    status[4] = core.top.p_stray.get<uint32_t>();
    status[5] = core.top.p_denied.get<uint32_t>();
    status[6] = core.top.p_locked.get<uint32_t>();
}

}  // extern "C"
