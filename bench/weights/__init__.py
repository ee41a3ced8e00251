"""The benchmark of weight repair: trained networks, their faults, every layer, norm, method and heuristic."""
