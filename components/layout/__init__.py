"""Page furniture shared by every screen: top bar, side navigation, heads, rail and action bar."""
