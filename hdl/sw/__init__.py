"""What a processor beside a core needs: header, driver, and the page that explains them."""

from firstspike.hdl.sw.header import header as header
from firstspike.hdl.sw.page import page as page
