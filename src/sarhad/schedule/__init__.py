"""On time: activities, calendars, a schedule that can be carried out, and its risk."""
