"""The smallest site that takes payments: an order, and a shipment that paying for it makes."""
