"""What a bank is told to do, in a file that two people have looked at: to send money (`payout`), to take it (`debit`).

life      what can become of an instruction      shelf    instructions as they are kept, with what happened to them
approval  the steps that are the same in all
"""
