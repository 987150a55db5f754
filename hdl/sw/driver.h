/* A small polled driver of a firstspike core.
 *
 * `base` is where the registers are mapped. Define TTFS_READ and TTFS_WRITE before including this
 * file to reach them in another way. No function waits for ever: each gives up after TTFS_PATIENCE
 * looks at a register.
 */
#ifndef TTFS_DRIVER_H
#define TTFS_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "ttfs_core.h"

#ifndef TTFS_PATIENCE
#define TTFS_PATIENCE 10000000ul
#endif

enum ttfs_status {
    TTFS_OK = 0,
    TTFS_NO_CORE,        /* no such core at this address, or one with other registers */
    TTFS_OTHER_NETWORK,  /* the core computes another network than this header is for */
    TTFS_TIMEOUT,        /* the core does not answer; is another sample under way? */
    TTFS_DENIED          /* the core is locked, or has no such layer, lane or word */
};

struct ttfs_result {
    uint32_t neuron, tick;
    int32_t margin;
    int tie, silent, refused;
};

/* Is this the core that the header is for? */
enum ttfs_status ttfs_check(uintptr_t base);

/* Forget the sample under way. Pruning must not be under way. */
void ttfs_reset(uintptr_t base);

/* Take samples from registers (feed) or from s_axis; stop at the deciding tick or go on. */
enum ttfs_status ttfs_set(uintptr_t base, int feed, int early_exit);

/* Drop the synapses of a layer with |w| below a threshold, but leave every neuron at least `floor`;
 * says how many were dropped.
 */
enum ttfs_status ttfs_prune(uintptr_t base, uint32_t layer, uint32_t threshold, uint32_t floor,
                            uint32_t *dropped);

/* Write `count` words to a memory of a lane from address `first` on; `read` is the command that reads
 * it: TTFS_OP_READ_SEGMENT, TTFS_OP_READ_SYNAPSE or TTFS_OP_READ_NEURON. The words are those of the
 * core's memory images. Samples are refused until the next ttfs_prune, perhaps with a threshold of
 * zero. Stops at the first word that is denied.
 */
enum ttfs_status ttfs_load(uintptr_t base, uint32_t read, uint32_t layer, uint32_t lane,
                           uint32_t first, const uint32_t *words, size_t count);

/* Deny pruning and loading until the next reset. */
enum ttfs_status ttfs_lock(uintptr_t base);

/* Run one sample, with feed set: `words` as TTFS_WORD_SPIKE(source) and TTFS_WORD_TICK, at least
 * one.
 */
enum ttfs_status ttfs_infer(uintptr_t base, const uint32_t *words, size_t count,
                            struct ttfs_result *result);

#endif
