"""QCoDeS drivers for instruments that QCoDeS does not bring itself."""
