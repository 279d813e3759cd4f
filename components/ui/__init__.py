"""The kit: functions of their arguments that draw one element each. Of the product they know only its vocabulary."""
