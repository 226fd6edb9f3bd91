"""sarhad: plan, schedule and follow a border programme, and see what each measure buys in security."""

__version__ = "0.1.0"
