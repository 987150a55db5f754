// Self-checking testbench of a firstspike core, plain Verilog-2005.
//
//   $ iverilog -g2005 -o tb.vvp core.v tb.v && vvp -n tb.vvp
//   $ verilator --binary --timing -Wno-fatal --top-module tb core.v tb.v && obj_dir/Vtb
//
// Run it where the .hex and .mem files are. With +stalls=SEED both sides of every stream stall at
// random; then cycles are not compared. With +samples=N only the first N samples are run. The last
// line begins with PASS or FAIL, and a failure ends with a non-zero exit status.
//
// Four passes over the same samples: without and with early exit, then PRUNE in every layer, then
// the same again. Every sample waits until the core rests in the first two, unless there are
// stalls; in the last two the samples follow each other at once, so that the core works on two of
// them. Compared: every output spike (neuron, tick, margin; their order within a tick has no
// meaning), every verdict, the start, cycles and synaptic additions of every sample, and the
// counters.

module tb;
@parameters@

  reg [TOKEN_BITS-1:0] tokens [0:N_TOKENS-1];
  reg [SPIKE_BITS-1:0] spikes [0:N_SPIKES-1];
  reg [31:0] first_spike [0:2*N_SAMPLES+1];  // of each sample, for both images; each with an end
  reg [VERDICT_BITS-1:0] verdicts [0:2*N_SAMPLES-1];
  reg [31:0] additions [0:2*N_SAMPLES-1];
  reg [31:0] cycles_expected [0:4*N_SAMPLES-1];
  reg [31:0] starts_expected [0:4*N_SAMPLES-1];
  reg [31:0] thresholds [0:N_LAYERS-1];
  reg [31:0] dropped [0:N_LAYERS-1];
  initial begin
    $readmemh("tb_tokens.hex", tokens);
    $readmemh("tb_spikes.hex", spikes);
    $readmemh("tb_first_spike.hex", first_spike);
    $readmemh("tb_verdicts.hex", verdicts);
    $readmemh("tb_additions.hex", additions);
    $readmemh("tb_cycles.hex", cycles_expected);
    $readmemh("tb_starts.hex", starts_expected);
    $readmemh("tb_thresholds.hex", thresholds);
    $readmemh("tb_dropped.hex", dropped);
  end

  reg clk = 0;
  reg rst = 1;
  always #5 clk = !clk;

  reg [TOKEN_BITS-1:0] token = 0;
  reg token_valid = 0;
  wire token_ready;
  wire [VERDICT_BITS-1:0] verdict;
  wire verdict_valid;
  reg verdict_ready = 0;
  wire [SPIKE_BITS-1:0] spike;
  wire spike_valid;
  reg spike_ready = 0;
  reg [COMMAND_BITS-1:0] command = 0;
  reg command_valid = 0;
  wire command_ready;
  wire [31:0] response;
  wire response_valid;
  reg early_exit = 0;
  wire busy, denied, locked, image_valid, stray;
  wire [31:0] inferences, cycles, added, skipped, live, pruned;

  @module@ dut (
@connections@
  );

  integer n_samples;
  initial
    if (!$value$plusargs("samples=%d", n_samples) || n_samples < 1 || n_samples > N_SAMPLES)
      n_samples = N_SAMPLES;

  // Failures: the first ones are told, all are counted.
  integer failures = 0;
  integer pass = 0;
  integer sample = 0;

  task tell;
    begin
      failures = failures + 1;
      if (failures <= MOST_TOLD) $write("pass %0d sample %0d: ", pass, sample);
    end
  endtask

  task finish;
    begin
      if (failures == 0) begin
        $display("PASS %0d samples, %0d spikes", 4 * n_samples, n_spikes);
        $finish;
      end else begin
        $display("FAIL %0d mismatches", failures);
`ifdef __ICARUS__
        $finish_and_return(1);
`else
        $stop;
`endif
      end
    end
  endtask

  // Stalls: a maximal-length shift register, standing still at zero when they are off.
  reg [31:0] noise = 0;
  integer seed;
  initial if ($value$plusargs("stalls=%d", seed)) noise = seed;
  wire stalling = noise != 0;
  always @(posedge clk)
    noise <= {noise[30:0], noise[31] ^ noise[21] ^ noise[1] ^ noise[0]};

  // The producer offers the tokens of a pass one after another.
  integer next_token = 0;
  integer sent = N_SAMPLES;
  integer now = 0;
  integer started [0:N_SAMPLES-1];
  integer begun = 0;  // samples of which a token was accepted
  reg fresh = 1;  // the next token to be accepted is the first one of a sample
  reg first = 1;  // the next token to be offered is
  reg go = 0;
  wire token_moves = token_valid && token_ready;
  wire streamed = pass >= 2;
  wire may_begin = stalling || streamed || sent == sample && !busy;
  always @(posedge clk) begin
    now <= now + 1;
    if (token_moves) begin
      if (fresh) begin
        started[begun] <= now;
        begun <= begun + 1;
      end
      fresh <= token[1:0] == KIND_END;
      token_valid <= 0;
    end
    if (go) begin
      next_token <= 0;
      sent <= 0;
      begun <= 0;
    end else if ((!token_valid || token_moves) && sent < n_samples && (!first || may_begin)
                 && !(noise[3] && noise[8])) begin
      token <= tokens[next_token];
      first <= (tokens[next_token] & 3) == KIND_END;
      if ((tokens[next_token] & 3) == KIND_END) sent <= sent + 1;
      token_valid <= 1;
      next_token <= next_token + 1;
    end
  end

  // What the bench does now, see below.
  localparam RESET = 0, START = 1, SETTLE = 2, RUN = 3;
  localparam PRUNE = 4, OFFER = 5, ANSWER = 6, PRUNED = 7, DONE = 8;
  reg [3:0] state = RESET;

  // The consumer compares.
  reg seen [0:N_SPIKES-1];
  integer n_spikes = 0;
  integer row, n, from, to, waited;
  reg found, wanted;
  initial begin
    waited = 0;
    for (n = 0; n < N_SPIKES; n = n + 1) seen[n] = 0;
  end
  always @(posedge clk) begin
    spike_ready <= !rst && !(noise[5] && noise[11]);
    verdict_ready <= !rst && !(stalling && (noise[7] || noise[13]));
    row = sample + (pass >= 2 ? N_SAMPLES : 0);
    from = sample < N_SAMPLES ? first_spike[row + (pass >= 2 ? 1 : 0)] : 0;
    to = sample < N_SAMPLES ? first_spike[row + (pass >= 2 ? 2 : 1)] : 0;
    if (!rst && (^{token_ready, verdict_valid, spike_valid, command_ready, response_valid, busy}
                 === 1'bx)) begin
      tell;
      if (failures <= MOST_TOLD) $display("a handshake signal is unknown");
      finish;
    end
    if (spike_valid && spike_ready) begin
      found = 0;
      for (n = from; n < to; n = n + 1)
        if (!found && !seen[n] && spikes[n] === spike) begin
          found = 1;
          seen[n] = 1;
          waited = 0;
        end
      n_spikes = n_spikes + 1;
      if (!found) begin
        tell;
        if (failures <= MOST_TOLD)
          $display("unexpected spike of neuron %0d at tick %0d with margin %0d",
                   spike[SPIKE_TICK-1:0], spike[SPIKE_MARGIN-1:SPIKE_TICK],
                   $signed(spike[SPIKE_BITS-1:SPIKE_MARGIN]));
      end
    end
    if (verdict_valid && verdict_ready) begin
      if (sample >= n_samples) begin
        tell;
        if (failures <= MOST_TOLD) $display("a verdict of no sample");
      end else begin
        if (verdict !== verdicts[row]) begin
          tell;
          if (failures <= MOST_TOLD)
            $display("verdict %b %0d %0d %0d, expected %b %0d %0d %0d%0s",
                     verdict[VERDICT_BITS-1:VERDICT_FLAGS],
                     $signed(verdict[VERDICT_FLAGS-1:SPIKE_MARGIN]),
                     verdict[SPIKE_MARGIN-1:SPIKE_TICK], verdict[SPIKE_TICK-1:0],
                     verdicts[row][VERDICT_BITS-1:VERDICT_FLAGS],
                     $signed(verdicts[row][VERDICT_FLAGS-1:SPIKE_MARGIN]),
                     verdicts[row][SPIKE_MARGIN-1:SPIKE_TICK], verdicts[row][SPIKE_TICK-1:0],
                     " (refused silent tie, margin, tick, neuron)");
        end
        for (n = from; n < to; n = n + 1) begin
          // With early exit the core is silent after the deciding tick.
          wanted = !early_exit || spikes[n][SPIKE_MARGIN-1:SPIKE_TICK]
                                  == verdicts[row][SPIKE_MARGIN-1:SPIKE_TICK];
          if (seen[n] !== wanted) begin
            tell;
            if (failures <= MOST_TOLD)
              $display("%0s spike of neuron %0d at tick %0d", wanted ? "missing" : "late",
                       spikes[n][SPIKE_TICK-1:0], spikes[n][SPIKE_MARGIN-1:SPIKE_TICK]);
          end
          seen[n] = 0;
        end
        if (!stalling && cycles !== now - started[sample]) begin
          tell;
          if (failures <= MOST_TOLD)
            $display("the core counts %0d cycles, measured %0d", cycles, now - started[sample]);
        end
        if (!stalling && streamed
            && started[sample] - started[0] !== starts_expected[sample + pass * N_SAMPLES]) begin
          tell;
          if (failures <= MOST_TOLD)
            $display("starts %0d cycles after the first one, expected %0d",
                     started[sample] - started[0], starts_expected[sample + pass * N_SAMPLES]);
        end
        if (!stalling && cycles !== cycles_expected[sample + pass * N_SAMPLES]) begin
          tell;
          if (failures <= MOST_TOLD)
            $display("%0d cycles, expected %0d", cycles,
                     cycles_expected[sample + pass * N_SAMPLES]);
        end
        if (!early_exit && added !== additions[row]) begin
          tell;
          if (failures <= MOST_TOLD)
            $display("%0d synapses added, expected %0d", added, additions[row]);
        end
      end
      sample <= sample + 1;
    end
    if (go) sample <= 0;
    // Only what there is so much of and no more counts as progress.
    waited = rst || token_moves || verdict_valid && verdict_ready && sample < n_samples
             || state == OFFER && command_ready ? 0 : waited + 1;
    if (waited > PATIENCE) begin
      tell;
      if (failures <= MOST_TOLD)
        $display("waited %0d cycles for %0s", waited,
                 state == OFFER ? "a command to be accepted"
                 : state == ANSWER ? "the response to PRUNE"
                 : token_valid ? "a token to be accepted"
                 : sample < n_samples ? "a verdict" : "a core at rest");
      finish;
    end
  end

  // The order of events.
  integer resting = 0;
  integer layer = 0;
  integer gone = 0;

  task check(input [31:0] got, input [31:0] expected, input [8*12-1:0] name);
    if (got !== expected) begin
      tell;
      if (failures <= MOST_TOLD) $display("%0s is %0d, expected %0d", name, got, expected);
    end
  endtask

  always @(posedge clk) begin
    go <= 0;
    case (state)
      RESET: begin
        resting <= resting + 1;
        rst <= resting < 4;
        if (resting == 8) begin
          check(live, N_SYNAPSES, "live");
          check(pruned, 0, "pruned");
          state <= START;
        end
      end
      START: begin
        go <= 1;
        early_exit <= pass[0];
        state <= SETTLE;
      end
      SETTLE: if (!go) state <= RUN;
      RUN:
        if (sent >= n_samples && !token_valid && sample >= n_samples && !busy) begin
          pass <= pass + 1;
          state <= pass == 1 ? PRUNE : pass == 3 ? DONE : START;
        end
      PRUNE: begin
        command <= 0;
        command[COMMAND_VALUE+:32] <= thresholds[layer];
        command[COMMAND_LAYER+:6] <= layer[5:0];
        command_valid <= 1;
        state <= OFFER;
      end
      OFFER:
        if (command_ready) begin
          command_valid <= 0;
          state <= ANSWER;
        end
      ANSWER:
        if (response_valid) begin
          if (response !== dropped[layer]) begin
            tell;
            if (failures <= MOST_TOLD)
              $display("PRUNE dropped %0d synapses of layer %0d, expected %0d", response, layer,
                       dropped[layer]);
          end
          gone <= gone + dropped[layer];
          layer <= layer + 1;
          state <= layer == N_LAYERS - 1 ? PRUNED : PRUNE;
        end
      PRUNED: begin
        check(live, N_SYNAPSES - gone, "live");
        check(pruned, gone, "pruned");
        state <= START;
      end
      default: begin
        check(inferences, 4 * n_samples, "inferences");
        check({31'b0, image_valid}, 1, "image_valid");
        check({31'b0, stray}, 0, "stray");
        check({30'b0, denied, locked}, 0, "denied, locked");
        finish;
      end
    endcase
  end
endmodule
