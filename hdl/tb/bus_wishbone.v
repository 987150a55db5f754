  reg [11:0] address_now = 0;
  reg [31:0] dat_w = 0;
  reg cyc = 0, we = 0;
  wire ack, err;
  wire [31:0] dat_r;
//ports
    .wb_cyc(cyc), .wb_stb(cyc), .wb_we(we), .wb_adr(address_now[11:2]), .wb_sel(4'hf),
    .wb_dat_w(dat_w), .wb_dat_r(dat_r), .wb_ack(ack), .wb_err(err)
//tasks
  // Driven and looked at when the clock falls.
  task bus_cycle(input [11:0] address, input writes, input [31:0] data);
    begin
      @(negedge clk);
      address_now = address;
      we = writes;
      dat_w = data;
      cyc = 1;
      @(negedge clk);
      answer = "ack or err";
      while (!ack && !err) @(negedge clk);
      answer = 0;
      cyc = 0;
      check({31'b0, err}, 0, "err");
    end
  endtask

  task bus_write(input [11:0] address, input [31:0] data);
    bus_cycle(address, 1, data);
  endtask

  task bus_read(input [11:0] address, output [31:0] data);
    begin
      bus_cycle(address, 0, 0);
      data = dat_r;
    end
  endtask
