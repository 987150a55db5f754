"""What is collected where: the doctests of a framework's module need that framework."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["python/firstspike/interop/_torch_module.py"]
