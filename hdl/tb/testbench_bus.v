// Self-checking testbench of a firstspike core behind @title@, plain Verilog-2005.
//
//   $ iverilog -g2005 -s tb -o tb.vvp core.v core_@bus@.v tb_@bus@.v && vvp -n tb.vvp
//
// Run it where the .hex and .mem files are. With +stalls=SEED both sides of every stream stall at
// random. The last line begins with PASS or FAIL, and a failure ends with a non-zero exit status.
//
// Reads the identity of the core, runs all samples as packets, prunes every layer by register, and
// runs them again. Compared: both words of every result, the responses, and the counters.

module tb;
@parameters@

  reg [32:0] words [0:N_WORDS-1];  // the highest bit marks the end of a packet
  reg [31:0] results [0:4*N_SAMPLES-1];
  reg [31:0] thresholds [0:N_LAYERS-1];
  reg [31:0] dropped [0:N_LAYERS-1];
  initial begin
    $readmemh("tb_words.hex", words);
    $readmemh("tb_results.hex", results);
    $readmemh("tb_thresholds.hex", thresholds);
    $readmemh("tb_dropped.hex", dropped);
  end

  reg clk = 0;
  reg rst = 1;
  always #5 clk = !clk;

  reg [31:0] s_data = 0;
  reg s_last = 0, s_valid = 0;
  wire s_ready;
  wire [31:0] m_data;
  wire m_last, m_valid;
  wire [3:0] m_keep;
  reg m_ready = 0;

@wires@

  core_@bus@ dut (
@clocks@
    .s_axis_tdata(s_data), .s_axis_tlast(s_last), .s_axis_tvalid(s_valid), .s_axis_tready(s_ready),
    .m_axis_tdata(m_data), .m_axis_tlast(m_last), .m_axis_tvalid(m_valid), .m_axis_tready(m_ready),
    .m_axis_tkeep(m_keep),
@ports@
  );

  integer failures = 0;
  task tell;
    begin
      failures = failures + 1;
      if (failures <= 10) $write("pass %0d sample %0d: ", pass, sample);
    end
  endtask

  task finish;
    begin
      if (failures == 0) begin
        $display("PASS %0d samples", 2 * N_SAMPLES);
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

  // What does not come is named: an answer of a bus, else what the bench asks for again and again.
  reg [8*24-1:0] answer = 0;
  reg [8*24-1:0] awaited = 0;
  integer waited = 0;
  integer unanswered = 0;

  task await(input [8*24-1:0] what);
    begin
      awaited = what;
      waited = 0;
    end
  endtask

  task check(input [31:0] got, input [31:0] expected, input [8*12-1:0] name);
    if (got !== expected) begin
      tell;
      if (failures <= 10) $display("%0s is %h, expected %h", name, got, expected);
    end
  endtask

@tasks@

  // Stalls: a maximal-length shift register, standing still at zero when they are off.
  reg [31:0] noise = 0;
  integer seed;
  initial if ($value$plusargs("stalls=%d", seed)) noise = seed;
  always @(posedge clk)
    noise <= {noise[30:0], noise[31] ^ noise[21] ^ noise[1] ^ noise[0]};

  // The producer offers the words of a pass one after another.
  integer next_word = N_WORDS;
  reg go = 0;
  wire s_moves = s_valid && s_ready;
  always @(posedge clk) begin
    if (s_moves) s_valid <= 0;
    if (go) next_word <= 0;
    else if ((!s_valid || s_moves) && next_word < N_WORDS && !(noise[3] && noise[8])) begin
      {s_last, s_data} <= words[next_word];
      s_valid <= 1;
      next_word <= next_word + 1;
    end
  end

  // The consumer compares.
  integer pass = 0;
  integer sample = 0;
  reg second = 0;
  reg held = 0;
  reg [32:0] held_word;
  always @(posedge clk) begin
    m_ready <= !rst && !(noise[7] && noise[13]);
    if (!rst && ^{s_ready, m_valid} === 1'bx) begin
      tell;
      if (failures <= 10) $display("a handshake signal is unknown");
      finish;
    end
    if (held && (!m_valid || {m_last, m_data} !== held_word)) begin
      tell;
      if (failures <= 10) $display("an offer on m_axis was withdrawn or changed");
    end
    held <= m_valid && !m_ready;
    held_word <= {m_last, m_data};
    if (m_valid && m_ready) begin
      check(m_data, results[2 * (sample + pass * N_SAMPLES) + second], "result");
      check({27'b0, m_keep, m_last}, {27'b0, 4'hf, second}, "tkeep, tlast");
      second <= !second;
      if (second) sample <= sample + 1;
    end
    if (go) sample <= 0;
    // Only what there is so much of and no more counts as progress.
    waited = rst || s_moves || (m_valid && m_ready && sample < N_SAMPLES) ? 0 : waited + 1;
    unanswered = answer != 0 ? unanswered + 1 : 0;
    if (waited > PATIENCE) begin
      tell;
      if (failures <= 10)
        $display("waited %0d cycles for %0s", waited,
                 unanswered > 99 ? answer : s_valid ? "s_axis_tready" : awaited);
      finish;
    end
  end

  reg [31:0] value;
  integer layer, gone;

  task run_all;
    begin
      @(negedge clk);
      go = 1;
      @(negedge clk);
      go = 0;
      @(negedge clk);
      await("a result");
      while (sample < N_SAMPLES) @(negedge clk);
      await("a core at rest");
      value = 1;
      while (value[0]) bus_read(STATUS, value);
      check(value >> 16, 0, "errors");
    end
  endtask

  initial begin
    repeat (4) @(negedge clk);
    rst = 0;
    await("the identity");
    bus_read(ID, value);
    check(value, IDENTITY, "id");
    for (layer = 0; layer < 8; layer = layer + 1) begin
      bus_read(NETWORK0 + 4 * layer, value);
      check(value, DIGEST >> 32 * (7 - layer), "network");
    end
    run_all;
    gone = 0;
    for (layer = 0; layer < N_LAYERS; layer = layer + 1) begin
      await("the response to PRUNE");
      bus_write(STATUS, 32'h200);
      bus_write(THRESHOLD + 4 * layer, thresholds[layer]);
      bus_write(PRUNE, layer);
      value = 0;
      while (!value[9]) bus_read(STATUS, value);
      bus_read(RESPONSE, value);
      check(value, dropped[layer], "dropped");
      gone = gone + dropped[layer];
    end
    await("the counters");
    bus_read(LIVE, value);
    check(value, N_SYNAPSES - gone, "live");
    bus_read(PRUNED, value);
    check(value, gone, "pruned");
    pass = 1;
    run_all;
    await("the counters");
    bus_read(INFERENCES, value);
    check(value, 2 * N_SAMPLES, "inferences");
    finish;
  end
endmodule
