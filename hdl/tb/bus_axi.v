  reg [11:0] awaddr = 0, araddr = 0;
  reg [31:0] wdata = 0;
  reg awvalid = 0, wvalid = 0, bready = 0, arvalid = 0, rready = 0;
  wire awready, wready, bvalid, arready, rvalid;
  wire [1:0] bresp, rresp;
  wire [31:0] rdata;
//ports
    .s_axi_awaddr(awaddr), .s_axi_awprot(3'b0), .s_axi_awvalid(awvalid), .s_axi_awready(awready),
    .s_axi_wdata(wdata), .s_axi_wstrb(4'hf), .s_axi_wvalid(wvalid), .s_axi_wready(wready),
    .s_axi_bresp(bresp), .s_axi_bvalid(bvalid), .s_axi_bready(bready),
    .s_axi_araddr(araddr), .s_axi_arprot(3'b0), .s_axi_arvalid(arvalid), .s_axi_arready(arready),
    .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rvalid(rvalid), .s_axi_rready(rready)
//tasks
  // Driven and looked at when the clock falls: every ready is a register, so what it is then holds
  // when the clock rises.
  reg address_waits, data_waits;

  task bus_write(input [11:0] address, input [31:0] data);
    begin
      @(negedge clk);
      awaddr = address;
      wdata = data;
      awvalid = 1;
      wvalid = 1;
      bready = 1;
      answer = "awready and wready";
      while (awvalid || wvalid) begin
        address_waits = !awready;
        data_waits = !wready;
        @(negedge clk);
        awvalid = awvalid && address_waits;
        wvalid = wvalid && data_waits;
      end
      answer = "bvalid";
      while (!bvalid) @(negedge clk);
      answer = 0;
      check({30'b0, bresp}, 0, "bresp");
      @(negedge clk);
      bready = 0;
    end
  endtask

  task bus_read(input [11:0] address, output [31:0] data);
    begin
      @(negedge clk);
      araddr = address;
      arvalid = 1;
      rready = 1;
      answer = "arready";
      while (!arready) @(negedge clk);
      @(negedge clk);
      arvalid = 0;
      answer = "rvalid";
      while (!rvalid) @(negedge clk);
      answer = 0;
      data = rdata;
      check({30'b0, rresp}, 0, "rresp");
      @(negedge clk);
      rready = 0;
    end
  endtask
