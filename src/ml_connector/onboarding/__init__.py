"""From credentials to a connection that posts: what a person is asked, what is proposed, and what is written.

The command line asks and prints, and a console may do the same: all that is known and decided is in here.

- `offer`: what both vendors have to choose from
- `names`, `examples`: proposals, by names that are alike and by values that issues hold already
- `questions`: what is asked, with a proposal for each answer
- `draft`: answers to a connection file
- `service`: looking, checking, saving
"""
