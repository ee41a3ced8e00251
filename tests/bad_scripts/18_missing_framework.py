# status: 4
# says: the program needs a package that is not installed: no_such_framework
# says: ModuleNotFoundError: No module named 'no_such_framework' (18_missing_framework.py:5)
# says: install it for the interpreter that runs the program
import no_such_framework

no_such_framework.fit()
