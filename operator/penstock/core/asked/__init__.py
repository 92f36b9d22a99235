"""What only people ask for: forecasts, progress, reasons, differences, advice and pictures. No decision reads it."""
