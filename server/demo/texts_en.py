"""What the people of Tecnovia write in English; lines and slots are those of `texts_es`."""

from __future__ import annotations

from server.demo.lines import lines

MESSAGES = lines("""
{co} signed off the pilot this morning. They want {n} units in two deliveries.
{c} wants the delivery date in writing before they sign.
I was at {co} today: the comms room is smaller than the plan said, so the rack has to be 24U.
{u} can you look at the freight in {r}? I think we charge the unloading twice.
Purchasing at {co} is comparing us with somebody who is 4 % cheaper but six weeks slower.
Good news: {c} confirms the budget and wants to start on {d}.
Careful with {co}: the order came with the address of their old site.
The {p} is sold out for the next {m} days. I suggest we offer the larger model at the same price.
{c} rang twice. They need the {p} data sheet for their head office.
The installation at {co} finished without a hitch; only the acceptance note is missing.
Does anyone know who looked after {co} last year? I cannot find the contract.
{u} over to you: {c} wants to talk about security before they decide.
Agreed with {c}: 45 days and one invoice.
The tender of {co} comes out on {d}. We should have the technical part ready by then.
New face at {co}: from now on we talk to {c}.
They ask for a volume discount in {r}. At {n} units we could go down 3 %.
{co} is opening another office and wants the same kit; it is almost a copy of the last order.
The screens of {m} machines broke on the way. Insurer told, replacements arrive on {d}.
{c} insists that the docks are the 4K model. It was in the offer already, they had just not seen it.
Notes from the visit:¶- network: {m} floors with fibre between them¶- desks: about {n}¶- decision: before the end of the month
They liked the demo of the {p} a lot. The only question was about the warranty.
{co} will not renew this year. Budget cuts, nothing to do with the service.
{u} the client asks whether we could train their technicians. Is there room on {d}?
Went through the price list with the distributor; {r} improves by a couple of points.
{c} would like to see a similar installation first. Shall we show them the one in Norwich?
Final invoice for {co} is out. If nothing unexpected happens, we close this week.
The director of {co} wants a short meeting without slides: price, date, and who answers when something breaks.
The calendar moved: {co} needs the first {m} machines on {d}.
I hear that {co} is also talking to a competitor. Worth a call today.
Acceptance signed by {c}. Thanks everybody, that went very smoothly.
We need a permit to pull the cable at {co}; that takes about {m} days.
I corrected the amount of {r}: the installation was missing.
""")

MORE = lines("""
Let us talk tomorrow.
Does that work for you?
Shout if anything changes.
Transport insurance is still open.
I will answer them.
They would rather be called in the afternoon.
The plans are in the client's folder.
No rush, but before {d}, please.
That should get us to the quarter's target.
I can go and see them if that helps.
Please say nothing about the date yet.
The technical contact is {c}.
One for Monday's meeting.
The margin holds, just about.
Thanks for the help.
""")

COMMENTS = lines("""
Done.
Fine with me, go ahead.
I will look at it today.
Split freight is fine, but I would keep one invoice.
Just spoke to {c}: they agree with everything.
There are {m} in Bilbao, the rest lands on Thursday.
What about a lease?
Not sure, that date is very tight.
{u} can you confirm?
Added to the offer.
I will ring them at noon.
With the new model we gain warranty and the price hardly moves.
Ordered from the distributor.
The VAT number in the record is wrong.
Congratulations!
Great work.
Wait until I am back from the client, then I can tell you more.
Same as last year, I have the template.
Mind the customs papers for Norway.
I will take it to the operations meeting.
The carrier confirms {d}.
Perfect, thanks.
I would lower the installation a little and keep the rest.
I agree with {u}.
Sent a moment ago.
Is that the latest plan?
The stock is reserved.
They prefer a video call.
Right, closing the task then.
No stock before next month.
I can go on {d} if nobody else can.
The signed order is here.
""")

TASKS = lines("""
Send the signed agreement
Prepare the revised offer
Ask for the {p} data sheet
Check the stock of {p}
Confirm the installation date
Chase the open invoice
Update the billing details
Review the maintenance contract
Set up the demo machine
Ask the distributor for {n} units
Collect the broken machines
Prepare {m} sample laptops
Send references from other clients
Close the acceptance note
Write the technical part of the tender
Find an engineer for {d}
Work out the freight to the second site
Open the client's portal account
Register the {p} warranty
Translate the proposal into Spanish
""")

MEETINGS = lines("""
Delivery schedule and receiving dock
Presenting the offer
Site visit
Demo of the {p}
Project follow-up
Contract talks
Installation kick-off
Open issues
Signing the order
User training
""")

CALLS = lines("""
Talk about payment terms
Confirm the visit on {d}
Answer the technical questions
Ask about the decision
Check the delivery address
Offer the renewal
Say thanks for the order
Sort out the {p} fault
First contact
Tell them about the transport delay
Ask for the go-ahead on the quote
Discuss the price of {n} units
""")

MAILS = lines("""
Revised offer, delivery in two parts
Data sheet of the {p}
Your visit is confirmed
Payment terms
Installation plan
Invoice and delivery note
Answers to your questions
Maintenance proposal
Dates for the installation
Warranty of the {p}
Tender documents
Next steps
""")

BODIES = lines("""
As agreed on the phone I attach the offer with the two delivery dates. The unit price stays as it was.
Our engineer will come on {d} in the morning and needs access to the comms room.
To answer your questions: the {p} has a three-year warranty with replacement on site.
We went through the quote for {n} units again and can keep the discount until the end of the month.
Here is the plan with the position of the racks. If you are happy with it we order this week.
Thank you for your trust. The invoice is in this mail; {c} has the signed delivery note.
I am sorry about the delay: the machines will arrive on {d}, at no cost to you.
All we need now is the go-ahead from purchasing. Is there any document we can help with?
""")

DETAILS = lines("""
Speak to purchasing first.
They prefer mornings.
Bring two printed copies.
See the notes of the last visit.
Include transport and taking the old machines away.
Check with {u} before answering.
By the end of the month at the latest.
-
Deliveries go through the back street.
The one who decides is {c}.
-
-
""")

RESULTS = lines("""
Agreed on everything, the order is coming.
No answer, trying again tomorrow.
Wants {m} days to decide.
Done, nothing new.
They want a second visit.
Price accepted, date open.
Sent and confirmed.
Delayed by a week on their side.
Installed and tested.
Interested, but next year.
""")

STEPS = lines("""
Ask for the figures
Draft the document
Have a colleague read it
Send it
File the signed copy
Tell the warehouse
""")

PLACES = lines("""
Meeting room 2
At their office
Video call
North room
Ground-floor café
Bilbao warehouse
""")

DAYS = lines("""
Monday
Tuesday
Wednesday
Thursday
Friday
""")

GREETING = "Dear {c},"
FAREWELL = "Kind regards,\n{me}\nTecnovia"
