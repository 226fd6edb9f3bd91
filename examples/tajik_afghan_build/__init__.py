"""The parts of the script that builds the example programme: reading open data, adding judgements by hand."""
