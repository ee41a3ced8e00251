"""Which modules are called, and which of them is the model of an optimiser.

*Model*: the outermost module that was called and owns most of the optimiser's parameters.
"""

import gc
import time

from ..measures import SAMPLE_ROWS
from .reporting import own
from .tensors import first


class Calls:
    """Notes the modules that are called, while a model is searched for or its layers are measured.

    Attributes:
        looking: hooks that are there meanwhile. seen: by id of every module that was called, in the order of the calls:
            module, arguments, output, shape of it. began: when the first was called; None before.
    """

    def __init__(self, report, before_step):
        self.report, self._before_step = report, before_step
        self.looking, self.seen, self.began = [], {}, None

    def look(self):
        """Note every module that is called, and every step before it is made."""
        from torch.nn.modules.module import register_module_forward_hook
        from torch.optim.optimizer import register_optimizer_step_pre_hook

        if not self.looking:
            self.looking.append(register_module_forward_hook(self.see, with_kwargs=True))
            self.looking.append(register_optimizer_step_pre_hook(self._before_step))

    def look_away(self):
        """What was seen is not needed any more."""
        for hook in self.looking:
            hook.remove()
        self.looking, self.began = [], None
        self.seen.clear()

    @own("noticing a module")
    def see(self, module, args, kwargs, output):
        """A module was called."""
        self.began = self.began or time.perf_counter()
        output = first(output)
        shape = () if output is None else tuple(output.shape)
        self.seen.pop(id(module), None)
        self.seen[id(module)] = module, (args, kwargs), None if output is None else output[:SAMPLE_ROWS].clone(), shape

    def trained_module(self, optimiser):
        """The outermost module that owns most of an optimiser's parameters; None if they belong to none."""
        import torch

        wanted = {id(p) for group in optimiser.param_groups for p in group["params"]}

        def owned(module):
            return len(wanted & {id(p) for p in module.parameters()}), sum(1 for _ in module.modules())

        modules = [module for module, *_ in self.seen.values()]
        if not any(owned(module)[0] == len(wanted) for module in modules):
            modules += [each for each in gc.get_objects() if issubclass(type(each), torch.nn.Module)]
        module = max(modules, key=owned, default=None)
        return module if module is not None and owned(module)[0] else None

    def of_leaves(self, leaves):
        """Calls of some modules in their order: module, first tensor given, output."""
        wanted = {id(leaf) for leaf in leaves}
        seen = [(leaf, first(given), output) for leaf, given, output, _ in self.seen.values()]
        return [call for call in seen if id(call[0]) in wanted]
