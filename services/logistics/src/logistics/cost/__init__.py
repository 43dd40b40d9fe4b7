"""What rounds cost, in kilometres, hours, CO2 and cents, and who bears which part of it."""
