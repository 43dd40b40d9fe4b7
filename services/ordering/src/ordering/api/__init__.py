"""What programs may ask of ordering."""
