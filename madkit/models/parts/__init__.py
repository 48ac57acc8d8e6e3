"""What models are made of: the form of a data set, training as steps, networks.

A model's own file says the rest.
"""
