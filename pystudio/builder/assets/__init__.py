"""What the site is made of besides its pages: pinned downloads, the networks, the wheel of pystudio itself."""
