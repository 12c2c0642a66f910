"""The gateways: what stands beyond our walls, reached over a network, each behind a port of the stage that needs it."""
