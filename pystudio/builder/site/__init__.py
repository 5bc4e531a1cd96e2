"""The finished site: its pages, its scripts and data, its policy, its offline copy and the edition for a USB stick."""
