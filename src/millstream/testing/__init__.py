"""The contracts as classes, for our stores and those of plug-in authors.

A test module subclasses them and provides the fixture `store`, which yields a `Store`; it may be
shared between tests, since each test works in an experiment of its own:

    from millstream.testing.runs import RunsContract

    class TestRuns(RunsContract):
        pass
"""
