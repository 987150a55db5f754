#include "ttfs_driver.h"

#ifndef TTFS_READ
#define TTFS_READ(address) (*(volatile uint32_t *)(address))
#endif
#ifndef TTFS_WRITE
#define TTFS_WRITE(address, value) (*(volatile uint32_t *)(address) = (value))
#endif

static enum ttfs_status await_status(uintptr_t base, uint32_t mask, uint32_t wanted) {
    unsigned long looks;
    for (looks = 0; looks < TTFS_PATIENCE; looks++)
        if ((TTFS_READ(base + TTFS_STATUS) & mask) == wanted) return TTFS_OK;
    return TTFS_TIMEOUT;
}

static enum ttfs_status await_answer(uintptr_t base) {
    enum ttfs_status status = await_status(base, TTFS_STATUS_RESPONSE, TTFS_STATUS_RESPONSE);
    if (status != TTFS_OK) return status;
    return TTFS_READ(base + TTFS_STATUS) & TTFS_STATUS_DENIED ? TTFS_DENIED : TTFS_OK;
}

enum ttfs_status ttfs_check(uintptr_t base) {
    static const uint32_t digest[8] = {
        TTFS_NETWORK0_VALUE, TTFS_NETWORK1_VALUE, TTFS_NETWORK2_VALUE, TTFS_NETWORK3_VALUE,
        TTFS_NETWORK4_VALUE, TTFS_NETWORK5_VALUE, TTFS_NETWORK6_VALUE, TTFS_NETWORK7_VALUE,
    };
    uint32_t n;
    if (TTFS_READ(base + TTFS_ID) != TTFS_ID_VALUE) return TTFS_NO_CORE;
    if (TTFS_READ(base + TTFS_VERSION) >> 16 != TTFS_VERSION_VALUE >> 16) return TTFS_NO_CORE;
    for (n = 0; n < 8; n++)
        if (TTFS_READ(base + TTFS_NETWORK0 + 4 * n) != digest[n]) return TTFS_OTHER_NETWORK;
    return TTFS_OK;
}

void ttfs_reset(uintptr_t base) { TTFS_WRITE(base + TTFS_RESET, TTFS_RESET_CORE); }

enum ttfs_status ttfs_set(uintptr_t base, int feed, int early_exit) {
    TTFS_WRITE(base + TTFS_CONTROL,
               (feed ? TTFS_CONTROL_FEED : 0) | (early_exit ? TTFS_CONTROL_EARLY_EXIT : 0));
    return await_status(base, TTFS_STATUS_BUSY, 0);
}

enum ttfs_status ttfs_prune(uintptr_t base, uint32_t layer, uint32_t threshold, uint32_t floor,
                            uint32_t *dropped) {
    enum ttfs_status status = await_status(base, TTFS_STATUS_COMMAND_BUSY, 0);
    if (status != TTFS_OK) return status;
    TTFS_WRITE(base + TTFS_STATUS, TTFS_STATUS_RESPONSE | TTFS_STATUS_DENIED);
    TTFS_WRITE(base + TTFS_THRESHOLD(layer), (threshold > 255 ? 255 : threshold) |
                   (floor > 65535 ? 65535 : floor) << TTFS_THRESHOLD_FLOOR_SHIFT);
    TTFS_WRITE(base + TTFS_PRUNE, layer);
    status = await_answer(base);
    if (status == TTFS_OK && dropped) *dropped = TTFS_READ(base + TTFS_RESPONSE);
    return status;
}

static enum ttfs_status command(uintptr_t base, uint32_t op, uint32_t layer, uint32_t lane,
                                uint32_t value) {
    enum ttfs_status status = await_status(base, TTFS_STATUS_COMMAND_BUSY, 0);
    if (status != TTFS_OK) return status;
    TTFS_WRITE(base + TTFS_STATUS, TTFS_STATUS_RESPONSE | TTFS_STATUS_DENIED);
    TTFS_WRITE(base + TTFS_VALUE, value);
    TTFS_WRITE(base + TTFS_COMMAND, op << TTFS_COMMAND_OP_SHIFT |
                   layer << TTFS_COMMAND_LAYER_SHIFT | lane << TTFS_COMMAND_LANE_SHIFT);
    return await_answer(base);
}

enum ttfs_status ttfs_load(uintptr_t base, uint32_t read, uint32_t layer, uint32_t lane,
                           uint32_t first, const uint32_t *words, size_t count) {
    size_t n;
    enum ttfs_status status = command(base, read, layer, lane, first);
    for (n = 0; n < count && status == TTFS_OK; n++)
        status = command(base, TTFS_OP_LOAD, 0, 0, words[n]);
    return status;
}

enum ttfs_status ttfs_lock(uintptr_t base) { return command(base, TTFS_OP_LOCK, 0, 0, 0); }

enum ttfs_status ttfs_infer(uintptr_t base, const uint32_t *words, size_t count,
                            struct ttfs_result *result) {
    enum ttfs_status status;
    uint32_t first, second;
    size_t n;
    TTFS_WRITE(base + TTFS_STATUS, TTFS_STATUS_RESULT);
    for (n = 0; n < count; n++) {
        status = await_status(base, TTFS_STATUS_TOKEN_FREE, TTFS_STATUS_TOKEN_FREE);
        if (status != TTFS_OK) return status;
        TTFS_WRITE(base + TTFS_TOKEN, words[n] | (n + 1 == count ? TTFS_LAST : 0));
    }
    status = await_status(base, TTFS_STATUS_RESULT, TTFS_STATUS_RESULT);
    if (status != TTFS_OK) return status;
    first = TTFS_READ(base + TTFS_RESULT);
    second = TTFS_READ(base + TTFS_MARGIN);
    result->neuron = (first & TTFS_RESULT_NEURON) >> TTFS_RESULT_NEURON_SHIFT;
    result->tick = (first & TTFS_RESULT_TICK) >> TTFS_RESULT_TICK_SHIFT;
    result->tie = (second & TTFS_MARGIN_TIE) != 0;
    result->silent = (second & TTFS_MARGIN_SILENT) != 0;
    result->refused = (second & TTFS_MARGIN_REFUSED) != 0;
    /* A signed field in the upper bits, without shifting a negative number. */
    result->margin = (int32_t)(second >> TTFS_MARGIN_VALUE_SHIFT);
    if (second >> 31) result->margin -= (int32_t)1 << (32 - TTFS_MARGIN_VALUE_SHIFT);
    return TTFS_OK;
}
