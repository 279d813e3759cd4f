"""The kit: functions of their arguments that draw one element each; they know words from `services.canon.vocabulary` only."""
