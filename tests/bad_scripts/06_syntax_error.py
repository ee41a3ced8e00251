# status: 2
# says: the program does not compile: '[' was never closed
# says: 06_syntax_error.py:4:
model = Sequential([Dense(10)
model.fit(x, y)
