"""What everything stands on: random streams, checks, devices, files, descriptions,
worker processes. No name here is public.
"""
