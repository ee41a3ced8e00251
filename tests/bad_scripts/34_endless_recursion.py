# status: 5
# says: the program crashed: RecursionError: maximum recursion depth exceeded
def depth(n):
    return depth(n + 1)


depth(0)
