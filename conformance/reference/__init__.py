"""The embedded reference server: five operations of Amazon Chime and Amazon Connect over real HTTP.

It is the suite's independent oracle: it imports the standard library and nothing else of this
package, and its tables are written by hand from the API reference. It knows no wrong answer: a
server that differs is made elsewhere, from an edited ``pipeline.Behaviour``, and started here.
"""
