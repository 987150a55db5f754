// Drives copies of a compiled core: one call per batch of samples, so that the language boundary
// costs nothing. core.h is what Yosys made of the top, lanes.h wraps what it made of the lanes,
// memories.h lists the memories that hold images, and copies.h says how many copies there are.
#include <cxxrtl/cxxrtl.h>

#include <cstdint>
#include <cstring>

#include "copies.h"
#include "core.h"

#include "lanes.h"

namespace {

using Top = cxxrtl_design::p_core;

enum Kind : uint32_t { SPIKE = 0, TICK = 1, END = 2 };
enum Status : int { OK = 0, TIMEOUT = 1, TOO_MANY_SPIKES = 2, NO_SUCH_MEMORY = 3 };

// A stream record of up to 128 bits, as it is handed to the caller.
constexpr size_t RECORD = 4;

template <class Output>
uint32_t number(const Output &output, size_t copy) { return chunk_of(output_of(output), copy, 0); }

template <class Output>
void store(const Output &output, size_t copy, uint32_t *to) {
    const auto &from = output_of(output);
    constexpr size_t chunks = std::decay_t<decltype(from)>::chunks;
    static_assert(chunks <= RECORD, "a record is wider than 128 bits");
    for (size_t chunk = 0; chunk < RECORD; chunk++)
        to[chunk] = chunk < chunks ? chunk_of(from, copy, chunk) : 0;
}

template <size_t Bits>
void set(cxxrtl::value<Bits> &to, size_t copy, uint64_t word) {
    for (size_t chunk = 0; chunk < cxxrtl::value<Bits>::chunks; chunk++) {
        const size_t used = Bits - 32 * chunk;
        const uint32_t mask = used >= 32 ? 0xffffffffu : (1u << used) - 1;
        set_chunk(to, copy, chunk, (chunk < 2 ? uint32_t(word >> (32 * chunk)) : 0) & mask);
    }
}

template <size_t Bits>
void set_all(cxxrtl::value<Bits> &to, uint64_t word) {
    for (size_t copy = 0; copy < COPIES; copy++) set(to, copy, word);
}

template <class Memory>
int fill(Memory &memory, size_t copy, const uint32_t *words, size_t count) {
    if (count != memory.depth) return NO_SUCH_MEMORY;
    for (size_t index = 0; index < count; index++)
        set_cell(memory, copy, index, words[index]);
    return OK;
}

template <class Memory>
int dump(const Memory &memory, size_t copy, uint32_t *words, size_t count) {
    if (count != memory.depth) return NO_SUCH_MEMORY;
    for (size_t index = 0; index < count; index++) words[index] = cell_of(memory, copy, index);
    return OK;
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

    // Inputs are set before a cycle; outputs are valid between settle and clock.
    void settle() { ::settle(top); }
    void clock() { rise(top); }
    void reset() {
        set_all(top.p_rst, 1);
        clock();
        set_all(top.p_rst, 0);
    }
};

}  // namespace

extern "C" {

struct Batch {
    const int64_t *offsets;
    const int32_t *ticks;
    const uint32_t *sources;
    const int64_t *shares;  // samples of copy c: shares[c] to shares[c + 1]
    int32_t n_ticks;
    int32_t early_exit;
    int32_t stop_at_verdict;  // the producer says END when it sees the verdict
    int32_t streamed;         // the producer does not wait for verdicts
    uint32_t stall_percent;
    uint64_t stall_seed;
    int64_t cycle_limit;     // per sample
    uint32_t *verdicts;      // n_samples records
    int64_t *start_times;    // n_samples: when the first token was accepted
    int64_t *verdict_times;  // n_samples: when the verdict was given
    uint32_t *counters;      // n_samples x 4: cycles, added, skipped, inferences
    uint32_t *spikes;        // n_samples x spike_capacity records
    int64_t spike_capacity;  // per sample
    int64_t *spike_counts;   // n_samples
    int64_t total_cycles;
};

}  // extern "C"

namespace {

// What is in front of and behind one copy: a producer that makes tokens on the fly from sorted
// (tick, source) pairs, and two consumers, each of which pauses on its own. The producer may be a
// sample ahead of the consumers, if the core lets it.
class Stand {
    Batch *batch = nullptr;
    // Samples that are run, and those that are said, heard, and noted next.
    int64_t begin = 0, end = 0, said = 0, heard = 0, noted = 0;
    int64_t next = 0, stop = 0, verdict = 0, deadline = 0;
    int32_t tick = 0;
    bool begun = false, offering = false;
    Pauses producer{}, consumer{}, observer{};

    uint64_t seed(int64_t sample) const { return (batch->stall_seed << 32 ^ uint64_t(sample)) * 3; }
    void say() {
        if (said == end) return;
        next = batch->offsets[said];
        stop = batch->offsets[said + 1];
        tick = 0;
        begun = offering = false;
        producer = {seed(said), batch->stall_percent};
    }
    void hear(int64_t now) {
        verdict = -1;
        deadline = now + batch->cycle_limit;
        consumer = {seed(heard) + 1, batch->stall_percent};
        observer = {seed(heard) + 2, batch->stall_percent};
    }

    uint64_t token() const {
        if (tick >= batch->n_ticks) return END;
        if (next < stop && batch->ticks[next] == tick)
            return SPIKE | uint64_t(batch->sources[next]) << 2;
        return TICK;
    }
    void advance() {
        if (tick >= batch->n_ticks) said++, say();
        else if (next < stop && batch->ticks[next] == tick) next++;
        else tick++;
    }
    // In a stream, only the first sample waits until the core rests.
    bool may_begin(const Top &top, size_t copy) const {
        return (batch->streamed && said > begin) || (noted == said && !number(top.p_busy, copy));
    }

public:
    bool finished() const { return noted == end; }

    void start(Batch *given, int64_t from, int64_t to) {
        batch = given;
        begin = said = heard = noted = from;
        end = to;
        say();
        hear(0);
    }
    void offer(Top &top, size_t copy) {
        // What has been offered stays until it is taken.
        if (!offering) offering = said < end && (begun || may_begin(top, copy)) && !producer();
        set(top.p_i__valid, copy, offering);
        set(top.p_i__payload, copy, token());
        set(top.p_o__ready, copy, heard < end && !consumer());
        set(top.p_spikes__ready, copy, heard < end && !observer());
    }
    Status observe(const Top &top, size_t copy, int64_t now) {
        if (now > deadline) return TIMEOUT;
        // What the core counted in a sample is known when both sides have been through with it.
        if (noted < heard && noted < said) note(top, copy);
        if (number(top.p_spikes__valid, copy) && number(top.p_spikes__ready, copy)) {
            int64_t &count = batch->spike_counts[heard];
            if (count == batch->spike_capacity) return TOO_MANY_SPIKES;
            const int64_t at = heard * batch->spike_capacity + count++;
            store(top.p_spikes__payload, copy, batch->spikes + RECORD * at);
        }
        if (number(top.p_o__valid, copy) && heard < end) {
            if (verdict < 0) verdict = now;
            batch->verdict_times[heard] = verdict;
            if (number(top.p_o__ready, copy)) {
                store(top.p_o__payload, copy, batch->verdicts + RECORD * heard++);
                hear(now);
            }
        }
        if (offering && number(top.p_i__ready, copy)) {
            if (!begun) batch->start_times[said] = now;
            begun = true;
            offering = false;
            advance();
        }
        // Once the producer has seen the verdict, nothing but the end is left to say.
        const bool decided = heard > said || (heard == said && verdict >= 0);
        if (begun && decided && !offering && batch->stop_at_verdict) tick = batch->n_ticks;
        return OK;
    }

private:
    void note(const Top &top, size_t copy) {
        uint32_t *counters = batch->counters + 4 * noted++;
        counters[0] = number(top.p_cycles, copy);
        counters[1] = number(top.p_added, copy);
        counters[2] = number(top.p_skipped, copy);
        counters[3] = number(top.p_inferences, copy);
    }
};

}  // namespace

extern "C" {

size_t core_copies() { return COPIES; }

void *core_new() {
    Core *core = new Core;
    core->reset();
    return core;
}

void core_free(void *core) { delete static_cast<Core *>(core); }

void core_reset(void *core) { static_cast<Core *>(core)->reset(); }

int core_load(void *handle, size_t copy, const char *name, const uint32_t *words, size_t count) {
    Top &top = static_cast<Core *>(handle)->top;
#define MEMORY(label, unit, cell, member) \
    if (!std::strcmp(name, label))        \
        return fill(static_cast<unit &>(*top.cell).inner.member, copy, words, count);
#include "memories.h"
#undef MEMORY
    return NO_SUCH_MEMORY;
}

int core_dump(void *handle, size_t copy, const char *name, uint32_t *words, size_t count) {
    Top &top = static_cast<Core *>(handle)->top;
#define MEMORY(label, unit, cell, member) \
    if (!std::strcmp(name, label))        \
        return dump(static_cast<unit &>(*top.cell).inner.member, copy, words, count);
#include "memories.h"
#undef MEMORY
    return NO_SUCH_MEMORY;
}

int core_run(void *handle, Batch *batch) {
    Core &core = *static_cast<Core *>(handle);
    Top &top = core.top;
    Stand stands[COPIES];
#define MEMORY(label, unit, cell, member) share(static_cast<unit &>(*top.cell).inner.member);
#include "memories.h"
#undef MEMORY
    size_t copies[COPIES], busy = 0;  // those that have samples left, in any order
    set_all(top.p_early__exit, batch->early_exit);
    core.settle();
    for (size_t copy = 0; copy < COPIES; copy++) {
        if (batch->shares[copy] == batch->shares[copy + 1]) continue;
        stands[copy].start(batch, batch->shares[copy], batch->shares[copy + 1]);
        copies[busy++] = copy;
    }
    int64_t total = 0;
    for (int64_t now = 0; busy; now++) {
        for (size_t at = 0; at < busy; at++) stands[copies[at]].offer(top, copies[at]);
        core.settle();
        for (size_t at = 0; at < busy; at++)
            if (Status wrong = stands[copies[at]].observe(top, copies[at], now)) return wrong;
        core.clock();
        total += int64_t(busy);
        for (size_t at = 0; at < busy;) {
            if (!stands[copies[at]].finished()) {
                at++;
                continue;
            }
            set(top.p_i__valid, copies[at], 0);
            copies[at] = copies[--busy];
        }
    }
    batch->total_cycles = total;
    return OK;
}

// All copies are given the same command; each has a response.
int core_command(void *handle, uint64_t command, int64_t cycle_limit, uint32_t *responses) {
    Core &core = *static_cast<Core *>(handle);
    Top &top = core.top;
    bool asking[COPIES], waiting[COPIES];
    size_t left = COPIES;
    set_all(top.p_commands__payload, command);
    for (size_t copy = 0; copy < COPIES; copy++) asking[copy] = waiting[copy] = true;
    for (int64_t now = 0; left && now < cycle_limit; now++) {
        for (size_t copy = 0; copy < COPIES; copy++) {
            set(top.p_commands__valid, copy, asking[copy]);
            set(top.p_responses__ready, copy, waiting[copy]);
        }
        core.settle();
        for (size_t copy = 0; copy < COPIES; copy++) {
            if (asking[copy] && number(top.p_commands__ready, copy)) asking[copy] = false;
            if (!waiting[copy] || !number(top.p_responses__valid, copy)) continue;
            responses[copy] = number(top.p_responses__payload, copy);
            waiting[copy] = false;
            left--;
        }
        core.clock();
    }
    set_all(top.p_commands__valid, 0);
    set_all(top.p_responses__ready, 0);
    return left ? TIMEOUT : OK;
}

// inferences, live, pruned, image_valid, stray, denied, locked
void core_status(void *handle, size_t copy, uint32_t *status) {
    Core &core = *static_cast<Core *>(handle);
    core.settle();
    status[0] = number(core.top.p_inferences, copy);
    status[1] = number(core.top.p_live, copy);
    status[2] = number(core.top.p_pruned, copy);
    status[3] = number(core.top.p_image__valid, copy);
    status[4] = number(core.top.p_stray, copy);
    status[5] = number(core.top.p_denied, copy);
    status[6] = number(core.top.p_locked, copy);
}

}  // extern "C"
